/** Tag and length, or a number. */
const OVERHEAD = 12;

/** At least the bytes that a JSON value takes as protobuf. Cheap: it measures no string and makes nothing. */
export function sizeBound(value: unknown): number {
  if (typeof value === "string") return value.length * 3 + OVERHEAD;
  if (typeof value !== "object" || value === null) return OVERHEAD;
  let bytes = OVERHEAD;
  if (Array.isArray(value)) {
    for (const element of value) bytes += sizeBound(element);
    return bytes;
  }
  for (const key in value) {
    // A key is encoded where the object is a record.
    bytes += key.length * 3 + OVERHEAD + sizeBound((value as Record<string, unknown>)[key]);
  }
  return bytes;
}
