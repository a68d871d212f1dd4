import { DeclarationError, type Schema } from "kerf";
import type { JsonScalar, ScalarType } from "./descriptor.ts";
import { limitsOf, type FieldLimits } from "./field-limits.ts";

/** What protobuf needs to know of a schema. `nullable`, `optional`, `default` and `readonly` are stripped from its outside. */
export interface SchemaShape {
  readonly presence: "required" | "optional" | "default";
  readonly nullable: boolean;
  readonly description: string | undefined;
  readonly core: SchemaCore;
}

export type SchemaCore =
  | {
      readonly kind: "scalar";
      readonly scalar: ScalarType;
      readonly values: readonly JsonScalar[] | undefined;
      readonly limits?: FieldLimits | undefined;
    }
  | { readonly kind: "null" }
  | { readonly kind: "array"; readonly element: Schema; readonly limits: FieldLimits | undefined }
  | { readonly kind: "record"; readonly value: Schema }
  | { readonly kind: "object"; readonly fields: readonly (readonly [key: string, schema: Schema])[] }
  | { readonly kind: "union"; readonly discriminator: string; readonly options: readonly UnionOption[] };

export interface UnionOption {
  readonly tags: readonly JsonScalar[];
  readonly fields: readonly (readonly [key: string, schema: Schema])[];
  readonly description: string | undefined;
}

/** The parts of Zod's definitions that are read here. */
interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly options?: readonly Schema[];
  readonly discriminator?: string;
  readonly entries?: Readonly<Record<string, JsonScalar>>;
  readonly values?: readonly unknown[];
  readonly format?: string;
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly format?: string } } }[];
}

/** @throws DeclarationError for a schema outside the subset of contracts, naming `place`. */
export function shapeOf(schema: Schema, place: string): SchemaShape {
  let presence: SchemaShape["presence"] = "required";
  let nullable = false;
  let description = descriptionOf(schema);
  let inner = schema;
  for (;;) {
    const { type, innerType } = definitionOf(inner);
    if (!innerType) break;
    if (type === "nullable") nullable = true;
    else if (type === "optional" || type === "default") presence = presence === "default" ? presence : type;
    else if (type !== "readonly") break;
    inner = innerType;
    description ??= descriptionOf(inner);
  }
  return { presence, nullable, description, core: coreOf(inner, place) };
}

function coreOf(schema: Schema, place: string): SchemaCore {
  const definition = definitionOf(schema);
  switch (definition.type) {
    case "string":
      return { kind: "scalar", scalar: "string", values: undefined, limits: limitsOf(schema) };
    case "boolean":
      return { kind: "scalar", scalar: "bool", values: undefined };
    case "number":
      return {
        kind: "scalar",
        scalar: isInteger(definition) ? "int64" : "double",
        values: undefined,
        limits: limitsOf(schema),
      };
    case "enum":
      return literals(Object.values(definition.entries ?? {}), place);
    case "literal":
      return literals(definition.values ?? [], place);
    case "null":
      return { kind: "null" };
    case "readonly":
      return coreOf(definition.innerType!, place);
    case "array":
      return {
        kind: "array",
        element: definition.element as Schema,
        limits: limitsOf(schema),
      };
    case "record":
      return { kind: "record", value: definition.valueType as Schema };
    case "object":
      return { kind: "object", fields: Object.entries(definition.shape ?? {}) };
    case "union":
      if (definition.discriminator === undefined) break;
      return {
        kind: "union",
        discriminator: definition.discriminator,
        options: optionsOf(schema, definition.discriminator, place),
      };
    default:
  }
  throw new DeclarationError(
    place,
    `is of the kind "${definition.type}", which has no form in protobuf`,
    "use object, array, record, string, number, int, boolean, null, literal, enum or discriminatedUnion",
  );
}

/** A union within a union by the same key counts as its options. */
function optionsOf(union: Schema, discriminator: string, place: string): readonly UnionOption[] {
  return (definitionOf(union).options ?? []).flatMap((option): readonly UnionOption[] => {
    const core = coreOf(option, place);
    if (core.kind === "union" && core.discriminator === discriminator) return core.options;
    const tag = core.kind === "object" ? core.fields.find(([key]) => key === discriminator) : undefined;
    const tagCore = tag && coreOf(tag[1], `${place}.${discriminator}`);
    if (core.kind !== "object" || tagCore?.kind !== "scalar" || !tagCore.values?.length) {
      throw new DeclarationError(
        place,
        `has an option that is not an object with a literal "${discriminator}"`,
        `give each option ${discriminator}: z.literal("…")`,
      );
    }
    return [{ tags: tagCore.values, fields: core.fields, description: descriptionOf(option) }];
  });
}

function literals(values: readonly unknown[], place: string): SchemaCore {
  if (values.length > 0 && values.every((value) => value === null)) return { kind: "null" };
  const scalar = scalarOf(values);
  if (!scalar) {
    throw new DeclarationError(
      place,
      "has literals of several types, or of one that is not JSON",
      "use literals of one type: all strings, all numbers or all booleans",
    );
  }
  return { kind: "scalar", scalar, values: [...new Set(values as readonly JsonScalar[])] };
}

function scalarOf(values: readonly unknown[]): ScalarType | undefined {
  if (values.length === 0) return undefined;
  if (values.every((value) => typeof value === "string")) return "string";
  if (values.every((value) => typeof value === "boolean")) return "bool";
  if (values.every((value) => Number.isSafeInteger(value))) return "int64";
  return values.every((value) => typeof value === "number") ? "double" : undefined;
}

function isInteger(definition: Definition): boolean {
  const formats = [definition.format, ...(definition.checks ?? []).map((check) => check._zod.def.format)];
  return formats.some((format) => format !== undefined && format.includes("int"));
}

function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

function descriptionOf(schema: Schema): string | undefined {
  return (schema as { readonly description?: string }).description;
}
