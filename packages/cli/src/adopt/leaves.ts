import { below, list, type Json } from "./document.ts";
import type { Report } from "./report.ts";

/** What a service is given is checked closely; what it answers only by type, since it is not ours to change. */
export type Direction = "input" | "output";

const formats: { readonly [format: string]: string } = {
  "date-time": "z.iso.datetime({ offset: true })",
  date: "z.iso.date()",
  uuid: "z.uuid()",
  email: "z.email()",
  uri: "z.url()",
};

/** The text of a schema without parts; undefined for another. */
export function leafText(
  schema: Json,
  pointer: string,
  direction: Direction,
  report: Report,
): string | undefined {
  const { type } = schema;
  if (schema["const"] !== undefined) return literalText([schema["const"]]);
  const values = list(schema["enum"]).filter((value) => value !== null);
  if (values.length > 0) return enumText(values, direction);
  if (type === "boolean") return "z.boolean()";
  if (type === "integer" || type === "number") return numberText(schema, type, direction);
  if (type === "string") return stringText(schema, pointer, direction, report);
  return undefined;
}

function enumText(values: readonly unknown[], direction: Direction): string {
  if (!values.every((value) => typeof value === "string")) return literalText(values);
  // A service may learn a case that its callers do not know.
  const known = direction === "output" && !values.includes("unknown") ? [...values, "unknown"] : values;
  return `z.enum(${JSON.stringify(known)})`;
}

function literalText(values: readonly unknown[]): string {
  return `z.literal(${values.length === 1 ? JSON.stringify(values[0]) : JSON.stringify(values)})`;
}

function numberText(schema: Json, type: "integer" | "number", direction: Direction): string {
  const kind = type === "integer" ? "z.int()" : "z.number()";
  if (direction === "output") return kind;
  const bound = (word: string, exclusive: string, [at, past]: readonly [string, string]): string => {
    const value = schema[word];
    const beyond = schema[exclusive];
    // A flag beside the bound in 3.0, a bound of its own in 3.1.
    if (typeof beyond === "number") return `.${past}(${beyond})`;
    return typeof value === "number" ? `.${beyond === true ? past : at}(${value})` : "";
  };
  const step = schema["multipleOf"];
  return (
    kind +
    bound("minimum", "exclusiveMinimum", ["min", "gt"]) +
    bound("maximum", "exclusiveMaximum", ["max", "lt"]) +
    (typeof step === "number" && step > 0 ? `.multipleOf(${step})` : "")
  );
}

function stringText(schema: Json, pointer: string, direction: Direction, report: Report): string | undefined {
  if (schema["format"] === "binary") {
    report.add(pointer, "is a file, and is left out: contracts carry JSON");
    return undefined;
  }
  if (direction === "output") return "z.string()";
  const { minLength, maxLength, pattern } = schema;
  const least = Number.isSafeInteger(minLength) ? `.min(${String(minLength)})` : "";
  const most = Number.isSafeInteger(maxLength) ? `.max(${String(maxLength)})` : "";
  const kind = formats[String(schema["format"])];
  return (kind ?? "z.string()") + least + most + patternText(pattern, pointer, report);
}

function patternText(pattern: unknown, pointer: string, report: Report): string {
  if (typeof pattern !== "string") return "";
  for (const flags of ["u", ""]) {
    try {
      void new RegExp(pattern, flags);
      return `.regex(new RegExp(${JSON.stringify(pattern)}${flags && `, "${flags}"`}))`;
    } catch {
      // Perhaps it is one without the flag.
    }
  }
  report.add(below(pointer, "pattern"), "is no regular expression of JavaScript, and is not checked");
  return "";
}
