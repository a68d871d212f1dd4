import type { AnyQuery } from "kerf";

/** What HTTP caches are told of the answers of one query. */
export interface HttpPolicy {
  /** RFC 9111, with the extensions of RFC 5861. */
  readonly cacheControl: string;
  /** For the caches of the site itself, which it can purge: RFC 9213. */
  readonly cdnCacheControl: string | undefined;
  /** What the answer depends on besides the URL. */
  readonly vary: string | undefined;
  /** Whether a 304 may stand for it: not for what nobody may keep. */
  readonly conditional: boolean;
}

/** Credentials come in these; see `Credentials` of the identity stage. */
const CREDENTIALS = "authorization, cookie, dpop, x-api-key";

/**
 * What is not for everyone is not kept by anybody, unless the query says that browsers may. What events make old is kept
 * only where they reach: not by browsers, nor by caches in between, but by a CDN that is purged (`cdn`).
 */
export function httpPolicy({ access, cache }: AnyQuery, cdn: boolean): HttpPolicy {
  if (access !== "public" || cache?.per === "caller") {
    const browserMs = cache?.browserMs ?? 0;
    if (browserMs === 0)
      return { cacheControl: "no-store", cdnCacheControl: undefined, vary: undefined, conditional: false };
    return {
      cacheControl: `private, max-age=${seconds(browserMs)}`,
      cdnCacheControl: undefined,
      vary: CREDENTIALS,
      conditional: true,
    };
  }
  const asked = { vary: undefined, conditional: true };
  // Kept, but not used without asking: a 304 is cheap.
  if (cache === undefined) return { cacheControl: "no-cache", cdnCacheControl: undefined, ...asked };
  const { ttlMs, staleMs } = cache;
  const reached = cache.invalidate.length === 0;
  const browserMs = cache.browserMs ?? (reached ? ttlMs : 0);
  const sharedMs = reached || cdn ? ttlMs : 0;
  const stale =
    staleMs === 0 ? "" : `, stale-while-revalidate=${seconds(staleMs)}, stale-if-error=${seconds(staleMs)}`;
  return {
    cacheControl:
      `public, max-age=${seconds(browserMs)}` +
      (seconds(sharedMs) === seconds(browserMs) ? "" : `, s-maxage=${seconds(sharedMs)}`) +
      (reached ? stale : ""),
    cdnCacheControl: cdn ? `max-age=${seconds(ttlMs)}${stale}` : undefined,
    ...asked,
  };
}

/** Whole ones, never more than was allowed. */
function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
