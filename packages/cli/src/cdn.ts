import type { Purger } from "@kerf/gateway/purge";
import type { Logger } from "@kerf/runtime/log";
import { checkPurgeUrl, type CdnSettings } from "kerf";
import type { Environment } from "./settings.ts";

/**
 * What tells the app's CDN of what is old, where it has one: KERF_CDN_PURGE_URL in place of the declared URL, KERF_CDN_TOKEN
 * as its token. Each unit tells of what its own services state.
 * @throws DeclarationError where the variable is no URL to send a token to
 */
export async function openCdn(
  cdn: CdnSettings | undefined,
  environment: Environment,
  log: Logger,
): Promise<Purger | undefined> {
  if (cdn === undefined) return undefined;
  const given = environment["KERF_CDN_PURGE_URL"] || undefined;
  const url = checkPurgeUrl(given ?? cdn.purgeUrl, "KERF_CDN_PURGE_URL");
  const { openPurger } = await import("@kerf/gateway/purge");
  const token = environment["KERF_CDN_TOKEN"] || undefined;
  return openPurger({ url, token, tokenHeader: cdn.tokenHeader, log });
}
