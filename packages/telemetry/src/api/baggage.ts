import {
  baggageEntryMetadataFromString,
  propagation,
  type Baggage,
  type BaggageEntry,
} from "@opentelemetry/api";

/** https://www.w3.org/TR/baggage/#limits */
const entriesAtMost = 64;
const bytesAtMost = 8_192;

/** Reads the header of https://www.w3.org/TR/baggage/: what is malformed in it is left out. */
export function decodeBaggage(text: string): Baggage {
  const entries: Record<string, BaggageEntry> = {};
  for (const member of text.split(",", entriesAtMost)) {
    const [pair = "", ...properties] = member.split(";");
    const at = pair.indexOf("=");
    const key = pair.slice(0, at).trim();
    if (at < 1 || !isToken(key)) continue;
    try {
      const value = decodeURIComponent(pair.slice(at + 1).trim());
      const metadata = properties.join(";").trim();
      entries[key] =
        metadata === "" ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata) };
    } catch {
      // Not percent-encoded as it should be.
    }
  }
  return propagation.createBaggage(entries);
}

/** Writes the header; undefined where there is nothing in it. What is beyond the limits is left out, entry by entry. */
export function encodeBaggage(baggage: Baggage): string | undefined {
  const members: string[] = [];
  let bytes = -1;
  for (const [key, { value, metadata }] of baggage.getAllEntries()) {
    if (!isToken(key)) continue;
    const properties = metadata === undefined ? "" : `;${metadata.toString()}`;
    const member = `${key}=${encodeURIComponent(value.toWellFormed())}${/^[!-~ \t]*$/.test(properties) ? properties : ""}`;
    if (members.length === entriesAtMost || bytes + 1 + member.length > bytesAtMost) continue;
    members.push(member);
    bytes += 1 + member.length;
  }
  return members.length === 0 ? undefined : members.join(",");
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(text);
}
