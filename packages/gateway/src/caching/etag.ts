import { hash } from "node:crypto";

/** A strong validator (RFC 9110, section 8.8.3): the same for the same bytes, whichever process answers. */
export function etagOf(body: string): string {
  return `"${hash("sha256", body, "base64url").slice(0, 27)}"`;
}

/** Whether If-None-Match names it, by weak comparison (RFC 9110, section 13.1.2). What is malformed names nothing. */
export function matches(given: string, etag: string): boolean {
  if (given === etag || given === "*") return true;
  const one = /\s*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)/y;
  for (let found = one.exec(given); found; found = one.exec(given)) if (found[1] === etag) return true;
  return false;
}
