import { createHash } from "node:crypto";

/** Attributes of a span or resource, by their keys. */
export type Values = Readonly<Record<string, string | number | boolean>>;

/** So many digits, always the same ones for a text. */
export const hex = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, length);
/** Of Unix milliseconds. */
export const nanos = (ms: number): string => `${BigInt(Math.round(ms * 1_000)) * 1_000n}`;
/** As OTLP/JSON writes them. */
export const attributesOf = (values: Values): object[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === "string"
        ? { stringValue: value }
        : typeof value === "boolean"
          ? { boolValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
  }));
