import type { JsonSchema } from "../../../src/api/index.ts";
import { count } from "../format.ts";

/** What a form can show of a JSON Schema. What it cannot is `json`: typed as it is. */
export type Shape = {
  readonly hint: string;
  readonly example?: unknown;
  /** It is marked as what nobody shall read who need not. */
  readonly sensitive?: true;
} & (
  | { readonly kind: "text"; readonly long: boolean }
  | { readonly kind: "number"; readonly least: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly values: readonly unknown[] }
  | { readonly kind: "list"; readonly item: Shape; readonly least: number; readonly most: number }
  | { readonly kind: "object"; readonly fields: readonly Field[] }
  | { readonly kind: "map"; readonly value: Shape }
  | { readonly kind: "cases"; readonly tag: string; readonly cases: readonly Case[] }
  | { readonly kind: "nullable"; readonly inner: Shape }
  | { readonly kind: "json" }
);

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly about: string;
}

/** One case of a union, by the literal that tells it from the others. */
export interface Case {
  readonly value: unknown;
  readonly shape: Shape & { readonly kind: "object" };
}

export type ShapeOf<K extends Shape["kind"]> = Shape & { readonly kind: K };

/** Reads a schema of JSON Schema 2020-12 as contracts make them: without references. */
export function shapeOf(schema: JsonSchema): Shape {
  const example = exampleOf(schema);
  const known = {
    ...(example !== undefined && { example }),
    ...(schema["sensitive"] === true && { sensitive: true as const }),
  };
  const inner = withoutNull(schema);
  if (inner) return { kind: "nullable", inner: shapeOf(inner), hint: "or null", ...known };
  if (Array.isArray(schema["enum"])) return { kind: "choice", values: schema["enum"], hint: "", ...known };
  if ("const" in schema) return { kind: "choice", values: [schema["const"]], hint: "", ...known };
  const cases = casesOf(schema);
  if (cases) return { kind: "cases", ...cases, hint: "one of", ...known };
  switch (schema["type"]) {
    case "string":
      return { kind: "text", long: numberOf(schema, "maxLength", 0) > 200, hint: textHint(schema), ...known };
    case "integer":
    case "number":
      return { kind: "number", least: leastOf(schema), hint: numberHint(schema), ...known };
    case "boolean":
      return { kind: "boolean", hint: "", ...known };
    case "array":
      if (!isSchema(schema["items"])) break;
      return {
        kind: "list",
        item: shapeOf(schema["items"]),
        least: numberOf(schema, "minItems", 0),
        most: numberOf(schema, "maxItems", Infinity),
        hint: between(numberOf(schema, "minItems", 0), numberOf(schema, "maxItems", Infinity)),
        ...known,
      };
    case "object":
      if (isSchema(schema["properties"])) return { ...objectOf(schema), ...known };
      if (isSchema(schema["additionalProperties"]))
        return { kind: "map", value: shapeOf(schema["additionalProperties"]), hint: "by key", ...known };
  }
  return { kind: "json", hint: "JSON", ...known };
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function objectOf(schema: JsonSchema): ShapeOf<"object"> {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields = Object.entries(schema["properties"] as { [name: string]: JsonSchema }).map(
    ([name, field]): Field => ({
      name,
      shape: shapeOf(field),
      required: required.includes(name),
      about: typeof field["description"] === "string" ? field["description"] : "",
    }),
  );
  return { kind: "object", fields, hint: "" };
}

/** The same schema without null, where it allows that beside something else. */
function withoutNull(schema: JsonSchema): JsonSchema | undefined {
  const { type, anyOf } = schema;
  if (Array.isArray(type) && type.length === 2 && type.includes("null"))
    return { ...schema, type: type.find((one) => one !== "null") as string };
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return undefined;
  const isNull = (one: unknown) => isSchema(one) && one["type"] === "null";
  if (!anyOf.some(isNull)) return undefined;
  return anyOf.find((one) => !isNull(one)) as JsonSchema | undefined;
}

/** A union of objects that a required literal tells apart. */
function casesOf(schema: JsonSchema): { tag: string; cases: Case[] } | undefined {
  const options = schema["oneOf"] ?? schema["anyOf"];
  if (!Array.isArray(options) || !options.every(isSchema)) return undefined;
  const shapes = options.map(shapeOf);
  const [first] = shapes;
  if (first?.kind !== "object") return undefined;
  for (const { name } of first.fields) {
    const cases = shapes.flatMap((shape): Case[] => {
      const tag = shape.kind === "object" ? shape.fields.find((field) => field.name === name) : undefined;
      if (shape.kind !== "object" || tag?.shape.kind !== "choice" || !tag.required) return [];
      return tag.shape.values.map((value) => ({ value, shape: without(shape, name) }));
    });
    if (cases.length >= shapes.length) return { tag: name, cases };
  }
  return undefined;
}

function without(shape: ShapeOf<"object">, name: string): ShapeOf<"object"> {
  return { ...shape, fields: shape.fields.filter((field) => field.name !== name) };
}

function exampleOf({ default: byDefault, examples }: JsonSchema): unknown {
  if (byDefault !== undefined) return byDefault;
  return Array.isArray(examples) ? examples[0] : undefined;
}

function numberOf(schema: JsonSchema, keyword: string, otherwise: number): number {
  const value = schema[keyword];
  return typeof value === "number" ? value : otherwise;
}

function textHint(schema: JsonSchema): string {
  const format = schema["format"];
  const words = typeof format === "string" ? format : "text";
  const most = numberOf(schema, "maxLength", Infinity);
  return most === Infinity ? words : `${words}, at most ${count(most)}`;
}

function numberHint(schema: JsonSchema): string {
  const whole = schema["type"] === "integer";
  // Past these, whole numbers are not exact: every whole number is bounded by them.
  const bound = (value: number) => (Math.abs(value) >= Number.MAX_SAFE_INTEGER ? Infinity : value);
  const least = bound(numberOf(schema, "minimum", Infinity));
  const most = bound(numberOf(schema, "maximum", Infinity));
  const name = whole ? "whole number" : "number";
  if (least === Infinity && most === Infinity) return name;
  if (most === Infinity) return `${name}, at least ${count(least)}`;
  if (least === Infinity) return `${name}, at most ${count(most)}`;
  return `${name}, ${count(least)} to ${count(most)}`;
}

function leastOf(schema: JsonSchema): number {
  const least = numberOf(schema, "minimum", 0);
  return least > 0 ? least : 0;
}

function between(least: number, most: number): string {
  if (most === Infinity) return least === 0 ? "list" : `list, at least ${count(least)}`;
  return least === 0 ? `list, at most ${count(most)}` : `list, ${count(least)} to ${count(most)}`;
}
