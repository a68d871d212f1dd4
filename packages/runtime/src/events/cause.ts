import { hash } from "node:crypto";

/** What differs between failures that have one cause: ids, numbers, quoted words. */
const particulars: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi, "#"],
  [/"[^"]*"|'[^']*'|`[^`]*`|\([^()]*\)=\([^()]*\)/g, "#"],
  [/\b(?=\w*\d)\w+\b/g, "#"],
];

/** Names what a message of a type failed with, the same for all that failed alike: 8 hexadecimal digits. */
export function causeOf(type: string, error: string): string {
  const general = particulars.reduce((text, [found, sign]) => text.replace(found, sign), error);
  return hash("sha1", `${type}\n${general}`, "hex").slice(0, 8);
}
