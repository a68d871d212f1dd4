import { hash } from "node:crypto";

/**
 * A tag of the cache as CDNs take it: visible ASCII without comma, short, and without what people asked for. All answers of
 * a query have its id.
 */
export function surrogateKeyOf(tag: string): string {
  const end = tag.indexOf("|");
  const member = tag.slice(0, end);
  return end === tag.length - 1 ? member : `${member}-${hash("sha256", tag, "base64url").slice(0, 16)}`;
}
