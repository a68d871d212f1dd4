import type { Attributes, AttributeValue } from "../api/index.ts";

/** What a decoded message holds: of protobuf its own types, of JSON what a stranger wrote. */
export type Fields = Readonly<Record<string, unknown>>;

const LONGEST_TEXT = 16_384;
const MOST_ATTRIBUTES = 256;
const DEEPEST = 8;

/** The messages in a repeated field; none where it is something else. */
export function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
}

export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function text(value: unknown): string {
  if (typeof value !== "string") return "";
  return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
}

/** 64-bit integers are `bigint` in protobuf, and text in JSON. */
export function number(value: unknown): number {
  const found =
    typeof value === "number"
      ? value
      : typeof value === "bigint" || typeof value === "string"
        ? Number(value)
        : 0;
  return Number.isFinite(found) ? found : 0;
}

/** Nanoseconds since 1970 as microseconds, rounded down. */
export function micros(value: unknown): number {
  if (typeof value === "bigint") return Number(value / 1_000n);
  // A number above 2^53 has lost its last digits, but none that counts here.
  if (typeof value === "number") return Math.floor(value / 1_000);
  return typeof value === "string" && /^\d{1,20}$/.test(value) ? Number(BigInt(value) / 1_000n) : 0;
}

/** An id of `length` bytes, which is hexadecimal in JSON; undefined where it is absent, nothing but zeros, or no id. */
export function id(value: unknown, length: number): Uint8Array | undefined {
  const bytes = typeof value === "string" ? fromHex(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) return undefined;
  return bytes.some((byte) => byte !== 0) ? bytes : undefined;
}

export function fromHex(digits: string): Uint8Array | undefined {
  return /^(?:[0-9a-f]{2}){1,32}$/i.test(digits) ? Buffer.from(digits, "hex") : undefined;
}

export function attributes(value: unknown): Attributes {
  const found: Record<string, AttributeValue> = {};
  for (const { key, value: any } of list(value).slice(0, MOST_ATTRIBUTES))
    if (typeof key === "string" && key !== "" && key !== "__proto__")
      found[key.slice(0, 256)] = anyValue(any, 0);
  return found;
}

export function anyValue(value: unknown, depth: number): AttributeValue {
  const any = fields(value);
  if (typeof any["stringValue"] === "string") return text(any["stringValue"]);
  if (typeof any["boolValue"] === "boolean") return any["boolValue"];
  if (any["intValue"] !== undefined) return number(any["intValue"]);
  if (any["doubleValue"] !== undefined) return number(any["doubleValue"]);
  if (any["bytesValue"] !== undefined) return "(bytes)";
  if (depth >= DEEPEST) return null;
  if (any["arrayValue"] !== undefined)
    return list(fields(any["arrayValue"])["values"])
      .slice(0, MOST_ATTRIBUTES)
      .map((one) => anyValue(one, depth + 1));
  if (any["kvlistValue"] !== undefined) {
    const found: Record<string, AttributeValue> = {};
    for (const entry of list(fields(any["kvlistValue"])["values"]).slice(0, MOST_ATTRIBUTES))
      if (typeof entry["key"] === "string" && entry["key"] !== "__proto__")
        found[entry["key"]] = anyValue(entry["value"], depth + 1);
    return found;
  }
  return null;
}
