import type { IdentitySettings, ProviderSettings } from "kerf";
import { Failure } from "./usage.ts";

/** What a machine says of who asks. */
export interface IdentityEnvironment {
  /** KERF_OIDC_ISSUER and KERF_OIDC_AUDIENCE, in place of what the application declares. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** KERF_DEVELOPMENT_ISSUER: the provider that `kerf dev` runs, in place of all others. Under KERF_IDENTITY=development only. */
  readonly developmentIssuer?: string | undefined;
  /** KERF_API_KEYS_FILE, which `kerf api-keys` writes. */
  readonly apiKeysFile: string | undefined;
}

export function readIdentity(environment: Readonly<Record<string, string | undefined>>): IdentityEnvironment {
  return {
    issuer: environment["KERF_OIDC_ISSUER"] || undefined,
    audience: environment["KERF_OIDC_AUDIENCE"] || undefined,
    developmentIssuer:
      environment["KERF_IDENTITY"] === "development"
        ? environment["KERF_DEVELOPMENT_ISSUER"] || undefined
        : undefined,
    apiKeysFile: environment["KERF_API_KEYS_FILE"] || undefined,
  };
}

/**
 * Whose tokens are believed by an application of that name: what it declares, with what this machine says in its place.
 * @throws Failure where that is not enough, or does not say of which provider it is
 */
export function identitySettings(
  app: string,
  declared: IdentitySettings | undefined,
  { issuer, audience, developmentIssuer }: IdentityEnvironment,
): IdentitySettings | undefined {
  // Nothing of what is declared is for its tokens, such as where another provider puts its roles.
  if (developmentIssuer !== undefined) return { issuer: developmentIssuer, audience: app };
  if (issuer === undefined && audience === undefined) return declared;
  const providers = declared === undefined ? [] : ([declared].flat() as readonly ProviderSettings[]);
  if (providers.length > 1)
    throw new Failure(
      "KERF_OIDC_ISSUER and KERF_OIDC_AUDIENCE are for one provider, and the application declares several. Leave them out.",
    );
  const [provider] = providers;
  const wanted = { issuer: issuer ?? provider?.issuer, audience: audience ?? provider?.audience };
  if (wanted.issuer === undefined)
    throw new Failure(
      "KERF_OIDC_AUDIENCE is set, but no provider. Set KERF_OIDC_ISSUER, such as https://id.example.",
    );
  if (wanted.audience === undefined)
    throw new Failure(
      "KERF_OIDC_ISSUER is set, but not for whom its tokens must be. Set KERF_OIDC_AUDIENCE to this API's name at the provider.",
    );
  return { ...provider, issuer: wanted.issuer, audience: wanted.audience };
}
