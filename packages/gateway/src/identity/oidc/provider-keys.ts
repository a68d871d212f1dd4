import { isSafeUrl, StatusError } from "kerf";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { fetchJson } from "./fetch-json.ts";

/** Keys older than this are believed no more. */
const maxAgeMs = 10 * 60_000;
/** Keys older than this are fetched anew beside the work, so that a short outage of the provider is not noticed. */
const renewAfterMs = 5 * 60_000;
/** An unknown `kid` may be a new key, or made up. */
const unknownKidMs = 30_000;
/** How long a failure is remembered: many tokens do not mean many tries. */
const retryAfterMs = 2_000;

/** The public keys of one provider, found by its issuer URL. */
export interface ProviderKeys {
  /** Finds the key of a token, for jose. @throws StatusError UNAVAILABLE where the provider cannot be reached */
  readonly get: JWTVerifyGetKey;
  /** Grows when the keys are others than before: what was verified by the old ones counts no more. */
  readonly generation: number;
  /** Date.now() milliseconds until which the keys may be used. */
  readonly freshUntil: number;
  /** Date.now() milliseconds after which {@link refresh} should be called. */
  readonly renewAt: number;
  /** Fetches the keys; one fetch at a time, and none within 2 s of one that failed. */
  refresh(now: number): Promise<void>;
}

export interface ProviderKeysParts {
  readonly issuer: string;
  readonly now: () => number;
  /** Told why the keys could not be had, once for each try. */
  readonly onProblem: (error: unknown) => void;
}

export function providerKeys({ issuer, now, onProblem }: ProviderKeysParts): ProviderKeys {
  let keys: JWTVerifyGetKey | undefined;
  let text = "";
  let under: Promise<void> | undefined;
  let failedAt = -Infinity;
  let failing = false;
  let unknownAt = -Infinity;

  const state = { generation: 0, freshUntil: 0, renewAt: 0, refresh, get };
  return state;

  async function load(at: number): Promise<void> {
    try {
      const found = await fetchKeys(issuer);
      const read = JSON.stringify(found);
      if (read !== text) {
        keys = createLocalJWKSet(found);
        text = read;
        state.generation++;
      }
      state.freshUntil = at + maxAgeMs;
      state.renewAt = at + renewAfterMs;
      failing = false;
    } catch (error) {
      failing = true;
      failedAt = now();
      // The next try beside the work is not for every request.
      state.renewAt = Math.max(state.renewAt, failedAt + retryAfterMs);
      onProblem(error);
    } finally {
      under = undefined;
    }
  }

  function refresh(at: number): Promise<void> {
    if (under) return under;
    if (failing && at - failedAt < retryAfterMs) return Promise.resolve();
    return (under = load(at));
  }

  async function get(...asked: Parameters<JWTVerifyGetKey>): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    const at = now();
    if (at >= state.freshUntil) await refresh(at);
    if (!keys || at >= state.freshUntil) throw unreachable(issuer);
    try {
      return await keys(...asked);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || asked[0].kid === undefined) throw error;
      if (at - unknownAt >= unknownKidMs) {
        unknownAt = at;
        await refresh(at);
      } else if (under) await under;
      // It may be signed by a key that cannot be fetched now: that is not the token's fault.
      if (failing) throw unreachable(issuer);
      return await keys(...asked);
    }
  }
}

function unreachable(issuer: string): StatusError {
  return new StatusError("UNAVAILABLE", `the keys of ${issuer} cannot be had`, { retryAfterMs });
}

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function fetchKeys(issuer: string): Promise<JSONWebKeySet> {
  const document = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (document["issuer"] !== issuer)
    throw new Error(`the provider at ${issuer} calls itself ${JSON.stringify(document["issuer"])}`);
  const place = document["jwks_uri"];
  const url = typeof place === "string" ? URL.parse(place) : null;
  // Of a provider on this machine its keys may be, too; of one elsewhere they come by https.
  if (!url || !isSafeUrl(url) || (url.protocol === "http:" && !issuer.startsWith("http:")))
    throw new Error(`the provider at ${issuer} has its keys at ${JSON.stringify(place)}, which is not https`);
  const keys = await fetchJson(url.href);
  if (!Array.isArray(keys["keys"]) || keys["keys"].length > 100)
    throw new Error(`${url.href} did not answer with a set of at most 100 keys`);
  return { keys: keys["keys"].filter(isPublic) } as JSONWebKeySet;
}

/** A secret that is published is none: HMAC keys verify nothing here, whatever the algorithms are. */
function isPublic(key: unknown): boolean {
  return typeof key === "object" && key !== null && "kty" in key && key.kty !== "oct" && !("d" in key);
}
