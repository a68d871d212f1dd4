import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from "jose";
import { defaultAlgorithms, StatusError, type ProviderSettings } from "kerf";
import { isAccessToken, typeOf } from "./kind.ts";
import type { ProviderKeys } from "./provider-keys.ts";
import { roleReader, TooManyRoles } from "./roles.ts";
import type { Verified } from "./token-cache.ts";

/** Clocks may differ by this much. */
const skewSeconds = 30;
const maxTokenLength = 6 * 1024;
const maxKidLength = 200;
/** What OpenID Connect allows a `sub` to be, at most. */
const maxSubjectLength = 255;

export interface Provider {
  readonly settings: ProviderSettings;
  readonly keys: ProviderKeys;
}

/**
 * Makes the function that checks access tokens of some providers.
 * @see https://www.rfc-editor.org/rfc/rfc8725 and https://www.rfc-editor.org/rfc/rfc9068#section-4
 */
export function tokenVerifier(providers: readonly Provider[], now: () => number) {
  const checks = new Map(providers.map((one) => [one.settings.issuer, checkOf(one, now)]));

  /** @throws StatusError UNAUTHENTICATED, or UNAVAILABLE where the provider's keys cannot be had */
  return async function verify(token: string): Promise<Verified> {
    if (token.length > maxTokenLength) throw invalid(`is longer than ${maxTokenLength} characters`);
    // Five parts are encrypted: nobody asked for that, and nothing here could read it.
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw invalid("is no signed JWT");
    const check = checks.get(issuerOf(token) as string);
    if (!check) throw invalid("is of an issuer that is not known here");
    return await check(token);
  };
}

function checkOf({ settings, keys }: Provider, now: () => number): (token: string) => Promise<Verified> {
  const algorithms = settings.algorithms ?? defaultAlgorithms;
  const types = settings.types ?? ["at+jwt"];
  const rolesOf = roleReader(settings.roles);
  const { issuer, audience, idPrefix = "" } = settings;
  const options = {
    issuer,
    audience: [audience].flat(),
    algorithms: [...algorithms],
    clockTolerance: skewSeconds,
    requiredClaims: ["exp", "sub"],
  };

  return async (token) => {
    checkHeader(token, algorithms, types);
    const { generation } = keys;
    let claims: JWTPayload;
    try {
      const currentDate = new Date(now());
      ({ payload: claims } = await jwtVerify(token, keys.get, { ...options, currentDate }));
    } catch (error) {
      throw error instanceof StatusError ? error : invalid(reasonOf(error));
    }
    const type = typeOf(decodeProtectedHeader(token).typ);
    if (!isAccessToken(claims, type)) throw invalid("is no access token");
    // It would have to come with a proof of its key, and nothing here could check that.
    if (claims["cnf"] !== undefined) throw invalid("is bound to a key, and cannot be used as a bearer token");
    const { sub, exp } = claims;
    if (typeof sub !== "string" || sub === "" || sub.length > maxSubjectLength)
      throw invalid(`has no "sub" of 1 to ${maxSubjectLength} characters`);
    return {
      actor: Object.freeze({ id: idPrefix + sub, roles: Object.freeze(rolesFrom(claims)) }),
      endsAt: (exp! + skewSeconds) * 1_000,
      keys,
      // Before the first keys there is no generation yet: whichever they are, they have just been fetched.
      generation: generation || keys.generation,
    };
  };

  function rolesFrom(claims: JWTPayload): readonly string[] {
    try {
      return rolesOf(claims);
    } catch (error) {
      throw error instanceof TooManyRoles ? invalid(error.message) : error;
    }
  }
}

/** Looked at before a key is, so that what is wrong in itself makes nobody fetch anything. */
function checkHeader(token: string, algorithms: readonly string[], types: readonly string[]): void {
  let header: Record<string, unknown>;
  try {
    header = decodeProtectedHeader(token) as Record<string, unknown>;
  } catch {
    throw invalid("has a header that is no JSON object");
  }
  const { alg, typ, kid } = header;
  if (typeof alg !== "string" || !algorithms.includes(alg))
    throw invalid("is signed in a way that is not accepted");
  if (!types.some((type) => type.toLowerCase() === typeOf(typ)))
    throw invalid("is of a type that is not accepted");
  if (header["crit"] !== undefined || header["b64"] !== undefined)
    throw invalid("asks for an extension that is not accepted");
  if (kid !== undefined && (typeof kid !== "string" || kid.length > maxKidLength))
    throw invalid('has a "kid" that is not accepted');
}

function issuerOf(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw invalid("has claims that are no JSON object");
  }
}

/** What is said of it to whoever sent it: nothing that stands in it. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    const known = ["iss", "aud", "nbf", "exp", "iat", "sub"].includes(error.claim)
      ? `"${error.claim}"`
      : "claim";
    if (error.reason === "missing") return `has no ${known}`;
    return error.claim === "nbf" ? "is not valid yet" : `has a ${known} that is not accepted`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "has a signature that does not fit";
  if (error instanceof errors.JWKSNoMatchingKey) return "is signed by a key that its issuer does not have";
  return "cannot be verified";
}

function invalid(reason: string): StatusError {
  return new StatusError("UNAUTHENTICATED", `The access token ${reason}.`);
}
