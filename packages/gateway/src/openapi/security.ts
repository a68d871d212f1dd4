import type { AccessRule } from "kerf";

/** The kinds of credentials that a gateway takes. */
export interface CredentialKinds {
  /** The issuers whose access tokens are believed. */
  readonly issuers?: readonly string[] | undefined;
  readonly apiKeys?: boolean | undefined;
  /** Whether `Bearer dev:<id>` is believed. */
  readonly development?: boolean | undefined;
}

/** Security schemes by name: any one of them will do. */
export function securitySchemes(kinds: CredentialKinds): { readonly [name: string]: object } {
  const { issuers = [], apiKeys = false, development = false } = kinds;
  const tokens = [
    ...(issuers.length > 0 ? [`An access token of ${issuers.join(" or ")}.`] : []),
    ...(development
      ? ["In development `dev:<id>`, or with roles `dev:<id>:<role>,<role>`, such as `dev:alice`."]
      : []),
  ];
  const bearer = {
    type: "http",
    scheme: "bearer",
    ...(tokens.length > 0 ? { description: tokens.join(" ") } : {}),
  };
  // Where nothing is known of who may call, what they bring is a token all the same.
  const onlyKeys = apiKeys && tokens.length === 0;
  const oidc = issuers.map((issuer, i) => [
    i === 0 ? "oidc" : `oidc${i + 1}`,
    {
      type: "openIdConnect",
      openIdConnectUrl: `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
      description: `Log in at ${issuer}: authorization code with PKCE, or client credentials.`,
    },
  ]);
  const key = { type: "apiKey", in: "header", name: "x-api-key", description: "For machines." };
  return {
    ...(onlyKeys ? {} : { bearer }),
    ...Object.fromEntries(oidc),
    ...(apiKeys ? { apiKey: key } : {}),
  };
}

/** What an operation asks for: any one of the schemes. For some kinds the standard has a place for a role. */
export function securityOf(access: AccessRule, kinds: CredentialKinds): readonly object[] {
  if (access === "public") return [];
  const role = typeof access === "string" && access.startsWith("role:") ? [access.slice("role:".length)] : [];
  return Object.keys(securitySchemes(kinds)).map((name) => ({ [name]: name.startsWith("oidc") ? [] : role }));
}

/** Who may call, in words. */
export function accessText(access: AccessRule): string {
  if (access === "public") return "Open to everybody.";
  if (access === "user") return "For everybody who is logged in.";
  if (typeof access === "string") return `For the role \`${access.slice("role:".length)}\`.`;
  return "For those whom the request itself lets in, such as the owner of what it names.";
}
