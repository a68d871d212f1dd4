/**
 * Reads an Idempotency-Key: 1 to 255 visible ASCII characters, bare or as a structured-field string in quotes, which is
 * what the draft asks for.
 * @returns the key, or undefined where it is not one
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
 */
export function parseIdempotencyKey(header: string): string | undefined {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header);
  if (header.startsWith('"') && !quoted) return undefined;
  const key = quoted ? quoted[1]!.replaceAll(/\\(.)/g, "$1") : header;
  return /^[!-~]{1,255}$/.test(key) ? key : undefined;
}
