import { hash } from "node:crypto";

/** A 32-bit FNV-1a hash of the UTF-16 units of `text`: for lanes, not for security. */
export function hashText(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** A digest of a validated JSON value. Validation copies in the order of the schema, so equal values hash alike. */
export function hashValue(value: unknown): string {
  return hash("sha1", JSON.stringify(value) ?? "", "base64");
}
