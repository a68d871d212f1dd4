import { DatabaseError } from "./errors.ts";

/** A value for a `json` or `jsonb` parameter; without it an object could not be told from a mistake. */
export class Json {
  readonly text: string;

  constructor(value: unknown) {
    const text = JSON.stringify(value);
    if (text === undefined) throw refused(`sql.json of ${describe(value)}: it has no JSON form. Use null.`);
    this.text = text;
  }
}

/** @throws DatabaseError that names the parameter, and says what to give instead. */
export function encodeAll(parameters: readonly unknown[]): (string | null)[] {
  if (parameters.length > 65_535) {
    throw refused(
      `A statement takes at most 65535 parameters; this has ${parameters.length}. Pass an array.`,
    );
  }
  return parameters.map((value, i) => encode(value, `Parameter $${i + 1}`));
}

/** A parameter in PostgreSQL's text format, which needs no knowledge of its type; null is NULL. */
function encode(value: unknown, place: string): string | null {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "t" : "f";
    case "undefined":
      throw refused(`${place} is undefined. Use null for "no value".`);
    case "object":
      if (value === null) return null;
      if (value instanceof Json) return value.text;
      if (Array.isArray(value)) return encodeArray(value, place);
      if (value instanceof Date) return encodeDate(value, place);
      if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
      throw refused(
        `${place} is ${describe(value)}. Use sql.json(value) for a json column, or give its fields one by one.`,
      );
    default:
      throw refused(`${place} is ${describe(value)}, which PostgreSQL has no form for.`);
  }
}

function encodeArray(values: readonly unknown[], place: string): string {
  return `{${values
    .map((value, i) => {
      if (Array.isArray(value)) return encodeArray(value, `${place}[${i}]`);
      const text = encode(value, `${place}[${i}]`);
      return text === null ? "NULL" : `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
    })
    .join(",")}}`;
}

function encodeDate(value: Date, place: string): string {
  if (Number.isNaN(value.getTime())) throw refused(`${place} is an invalid Date.`);
  return value.toISOString();
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null)
    return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
  const name = (value as object).constructor?.name;
  return name && name !== "Object" ? `a ${name}` : "an object";
}

function refused(text: string): DatabaseError {
  return new DatabaseError("statement", text);
}
