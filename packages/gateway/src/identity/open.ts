import type { IdentitySettings, Log } from "kerf";
import { apiKeyIdentity } from "./api-keys/identity.ts";
import type { Identify } from "./credentials.ts";
import { developmentIdentity } from "./development.ts";
import { oidcIdentity } from "./oidc/oidc.ts";
import { identifyByScheme } from "./schemes.ts";

export interface IdentityParts {
  readonly providers?: IdentitySettings | undefined;
  /** A file that `kerf api-keys` writes. */
  readonly apiKeysFile?: string | undefined;
  /** Whether `Bearer dev:<id>` is believed. */
  readonly development?: boolean | undefined;
  readonly log: Log;
}

/**
 * Composes `identify` of the kinds of credentials that an application has; undefined where it has none.
 * @throws DeclarationError for settings that are not safe, and a file of keys that cannot be read or that others can
 */
export function openIdentity({
  providers,
  apiKeysFile,
  development,
  log,
}: IdentityParts): Identify | undefined {
  if (providers === undefined && apiKeysFile === undefined)
    return development ? developmentIdentity() : undefined;
  return identifyByScheme({
    bearer: providers && oidcIdentity({ settings: providers, log }),
    apiKey: apiKeysFile === undefined ? undefined : apiKeyIdentity({ file: apiKeysFile, log }),
    development: development ? developmentIdentity() : undefined,
  });
}
