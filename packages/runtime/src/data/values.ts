import { DatabaseError } from "./errors.ts";

/** Object ids of PostgreSQL's built-in types (`pg_type.dat`), which never change. */
const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

const ARRAY_OID: Record<keyof typeof OID, number> = {
  bool: 1000,
  bytea: 1001,
  int8: 1016,
  int2: 1005,
  int4: 1007,
  text: 1009,
  oid: 1028,
  json: 199,
  float4: 1021,
  float8: 1022,
  bpchar: 1014,
  varchar: 1015,
  date: 1182,
  timestamp: 1115,
  timestamptz: 1185,
  numeric: 1231,
  uuid: 2951,
  jsonb: 3807,
};

type Parse = (text: string) => unknown;

/** Values are JSON: a type that is not listed stays a string, `numeric` above all, which has no exact number. */
const PARSE: Record<keyof typeof OID, Parse | undefined> = {
  bool: (text) => text === "t",
  bytea: (text) => Buffer.from(text.slice(2), "hex"),
  int8: parseInteger,
  int2: Number,
  int4: Number,
  oid: Number,
  float4: Number,
  float8: Number,
  json: (text) => JSON.parse(text) as unknown,
  jsonb: (text) => JSON.parse(text) as unknown,
  timestamp: (text) => text.replace(" ", "T"),
  timestamptz: parseInstant,
  date: undefined,
  text: undefined,
  bpchar: undefined,
  varchar: undefined,
  numeric: undefined,
  uuid: undefined,
};

const asIs = (text: string): string => text;

interface DriverType {
  to: number;
  from: number[];
  parse: Parse;
  serialize: (text: string) => string;
}

/** The driver's types: what it reads, and that what it writes is text already (see `parameters.ts`). */
export function driverTypes(): Record<string, DriverType> {
  const types: Record<string, DriverType> = {};
  for (const name of Object.keys(OID) as (keyof typeof OID)[]) {
    const parse = PARSE[name] ?? asIs;
    const array = ARRAY_OID[name];
    types[name] = { to: OID[name], from: [OID[name]], parse, serialize: asIs };
    types[`${name}[]`] = {
      to: array,
      from: [array],
      parse: (text) => parseArray(text, parse),
      serialize: asIs,
    };
  }
  return types;
}

function parseInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new DatabaseError(
    "statement",
    `The bigint ${text} is too large for an exact number. Cast the column to text in the statement.`,
  );
}

/**
 * ISO 8601 in UTC with milliseconds, as `Date.toISOString()` gives; with microseconds where there are some,
 * so that the value finds its row again. Infinity and years before Christ stay as PostgreSQL writes them.
 */
function parseInstant(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d)(?::?(\d\d))?$/.exec(text);
  if (!match) return text;
  const [, day, time, fraction = "", hours, minutes = "00"] = match;
  const micros = fraction.padEnd(6, "0");
  const digits = micros.endsWith("000") ? micros.slice(0, 3) : micros;
  const zone = hours === "+00" && minutes === "00" ? "Z" : `${hours}:${minutes}`;
  return `${day}T${time}.${digits}${zone}`;
}

/** PostgreSQL's array literal: nested braces, elements quoted where they hold a special character. */
export function parseArray(text: string, parse: Parse): unknown[] {
  // Bounds other than 1 come first: [0:1]={a,b}
  let at = text.indexOf("{");
  return list();

  function list(): unknown[] {
    const values: unknown[] = [];
    at++;
    while (text[at] !== "}") {
      if (text[at] === ",") at++;
      else if (text[at] === "{") values.push(list());
      else if (text[at] === '"') values.push(parse(quoted()));
      else values.push(plain());
    }
    at++;
    return values;
  }

  function quoted(): string {
    let value = "";
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === "\\") at++;
      value += text[at];
    }
    at++;
    return value;
  }

  function plain(): unknown {
    const start = at;
    while (text[at] !== "," && text[at] !== "}") at++;
    const value = text.slice(start, at);
    return value === "NULL" ? null : parse(value);
  }
}
