/** `at+jwt` of `application/at+JWT`: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.9 */
export function typeOf(typ: unknown): string {
  return typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : "";
}

/** Claims that only other tokens of a provider have: ID tokens, logout tokens, those of Keycloak's own kinds. */
const foreign = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

/**
 * Tells an access token from the other tokens of its provider, which are signed by the same keys. Those that say
 * `at+jwt` say so themselves; among those that only say `JWT`, the others are told by their claims.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-2.8
 */
export function isAccessToken(claims: { readonly [claim: string]: unknown }, type: string): boolean {
  if (type === "at+jwt") return true;
  if (foreign.some((claim) => claims[claim] !== undefined)) return false;
  const { typ } = claims;
  return typ === undefined || typ === "Bearer";
}
