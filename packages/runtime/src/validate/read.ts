import { DeclarationError, type Schema } from "kerf";
import type { core } from "zod";
import { noChecks } from "./checks.ts";
import { definition } from "./definition.ts";
import { explain } from "./explain.ts";
import { shorten } from "./messages.ts";
import { readCounts, readEnum, readLiteral } from "./read-leaf.ts";
import { readNumber } from "./read-number.ts";
import { readString } from "./read-string.ts";
import { refused } from "./refused.ts";
import type {
  ArrayShape,
  Field,
  ObjectShape,
  Presence,
  RecordShape,
  Shape,
  UnionOption,
  UnionShape,
} from "./shape.ts";

/** The deepest nesting of schemas. */
const maxDepth = 32;

/** A default that was read, and how to read it again. */
export interface ReadDefault {
  readonly place: string;
  readonly value: unknown;
  again(): unknown;
}

/** Where a schema stands, inside of which others. */
interface Position {
  readonly place: string;
  readonly within: readonly Schema[];
  readonly defaults: ReadDefault[];
  /** What was read before: schemas are shared, and so are their shapes. */
  readonly known: Map<Schema, Shape>;
}

/**
 * Reads a Zod schema of the allowed subset. The defaults on the way are added to `defaults`.
 * @throws DeclarationError for whatever is outside of it, at a place such as `inventory@1.reserve.input.lines[].price`
 */
export function readShape(schema: Schema, place: string, defaults: ReadDefault[] = []): Shape {
  return readValue(schema, { place, within: [], defaults, known: new Map() });
}

/** Reads a schema that stands where there must be a value. */
function readValue(schema: Schema, at: Position): Shape {
  const { shape, presence } = readField(schema, at);
  if (presence.kind !== "required")
    throw new DeclarationError(
      at.place,
      `${presence.kind === "default" ? "has a default" : "is optional"}, but is not a field of an object`,
      "make the field that holds it optional, or use .nullable()",
    );
  return shape;
}

/** Takes off what only says whether a value may be absent or null. */
function readField(schema: Schema, at: Position): { readonly shape: Shape; readonly presence: Presence } {
  let inner: Schema = schema;
  let nullable = false;
  let presence: Presence = { kind: "required" };
  for (;;) {
    const def = definition(inner);
    if (
      def.type !== "optional" &&
      def.type !== "nullable" &&
      def.type !== "default" &&
      def.type !== "readonly"
    )
      break;
    noChecks(def, at.place);
    if (def.type === "nullable") nullable = true;
    if (def.type === "optional" && presence.kind === "required") presence = { kind: "optional" };
    if (def.type === "default" && presence.kind !== "default") {
      presence = { kind: "default", value: def.defaultValue };
      at.defaults.push({ place: at.place, value: presence.value, again: () => def.defaultValue });
    }
    inner = def.innerType;
  }
  const read = at.known.get(inner) ?? readKind(inner, at);
  at.known.set(inner, read);
  const shape: Shape = nullable ? { kind: "nullable", inner: read } : read;
  if (presence.kind === "default") {
    const [violation] = explain(shape, presence.value, { unknownFields: "reject", enums: "exact" });
    if (violation)
      throw new DeclarationError(
        at.place,
        `its default ${violation.path && `(at ${violation.path}) `}${violation.message}`,
        "give a default that the schema accepts",
      );
  }
  return { shape, presence };
}

function readKind(schema: Schema, at: Position): Shape {
  const { place } = at;
  const def = definition(schema);
  const inside = { ...at, within: [...at.within, schema] };
  if (at.within.includes(schema)) return refuseKind("lazy", place);
  if (inside.within.length > maxDepth)
    throw new DeclarationError(
      place,
      `is nested deeper than ${maxDepth} levels`,
      "flatten it, or give ids instead of nested values",
    );
  switch (def.type) {
    case "string":
      return readString(schema as core.$ZodString, place);
    case "number":
      return readNumber(schema as core.$ZodNumber, place);
    case "array":
      return readArray(def, inside);
  }
  noChecks(def, place);
  switch (def.type) {
    case "boolean":
      if ((def as { readonly coerce?: boolean }).coerce)
        throw new DeclarationError(place, "coerces its value", "use z.boolean(): values are not converted");
      return { kind: "boolean" };
    case "null":
      return { kind: "literal", values: [null] };
    case "literal":
      return readLiteral(def, place);
    case "enum":
      return readEnum(def, place);
    case "object":
      return readObject(def, inside);
    case "record":
      return readRecord(def, inside);
    case "union":
      return readUnion(def as core.$ZodDiscriminatedUnionDef, inside);
    default:
      return refuseKind(def.type, place);
  }
}

function refuseKind(type: string, place: string): never {
  const [problem, mend] = refused[type] ?? [
    `is of a kind (${shorten(String(type))}) that contracts do not use`,
    "describe what travels with the other kinds of schema",
  ];
  throw new DeclarationError(place, problem, mend);
}

function readArray(def: core.$ZodArrayDef, at: Position): ArrayShape {
  const { min, max } = readCounts(def, at.place);
  return { kind: "array", element: readValue(def.element, { ...at, place: `${at.place}[]` }), min, max };
}

function readObject(def: core.$ZodObjectDef, at: Position): ObjectShape {
  if (def.catchall) {
    const type = definition(def.catchall).type;
    const word = type === "never" ? "strict" : type === "unknown" ? "loose" : "open (catchall)";
    throw new DeclarationError(
      at.place,
      `is a ${word} object`,
      word === "strict"
        ? "use z.object(): unknown fields are rejected at the gateway and dropped between services"
        : "use z.object(), with a z.record() field for what is open",
    );
  }
  const fields = Object.entries(def.shape).map(([name, schema]): Field => {
    const place = `${at.place}.${name}`;
    if (name === "__proto__")
      throw new DeclarationError(place, "has a name that changes prototypes", "rename the field");
    return { name, ...readField(schema, { ...at, place }) };
  });
  return { kind: "object", fields };
}

function readRecord(def: core.$ZodRecordDef, at: Position): RecordShape {
  const key = definition(def.keyType);
  if (key.type !== "string" || (key as { readonly format?: string }).format === "url")
    throw new DeclarationError(
      at.place,
      "is a record whose keys are not plain strings",
      "use z.record(z.string(), …), or an object with optional fields",
    );
  if ((def as { readonly mode?: string }).mode === "loose")
    throw new DeclarationError(at.place, "is a loose record", "use z.record(z.string(), …)");
  return {
    kind: "record",
    key: readString(def.keyType as core.$ZodString, `${at.place}{key}`),
    value: readValue(def.valueType as Schema, { ...at, place: `${at.place}{}` }),
  };
}

function readUnion(def: core.$ZodDiscriminatedUnionDef, at: Position): UnionShape {
  const { discriminator } = def;
  if (discriminator === undefined)
    throw new DeclarationError(
      at.place,
      "is a plain union",
      'use z.discriminatedUnion("kind", …), so that a reader knows which case it has, or .nullable() for null',
    );
  if (def.unionFallback)
    throw new DeclarationError(at.place, "is a union with a fallback", "leave out unionFallback");
  const options = def.options.map((option, index) =>
    readOption(option, discriminator, { ...at, place: `${at.place}(case ${index + 1})` }),
  );
  const tags = options.flatMap((option) => option.tags);
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined)
    throw new DeclarationError(
      at.place,
      `has two cases with ${discriminator}: ${JSON.stringify(twice)}`,
      "give each case a literal of its own",
    );
  return { kind: "union", discriminator, options };
}

function readOption(option: Schema, discriminator: string, at: Position): UnionOption {
  const shape = readValue(option, at);
  if (shape.kind !== "object")
    throw new DeclarationError(at.place, "is not an object", "make each case of a union a z.object()");
  const tag = shape.fields.find((field) => field.name === discriminator);
  if (tag?.shape.kind !== "literal" || tag.presence.kind !== "required")
    throw new DeclarationError(
      `${at.place}.${discriminator}`,
      "tells the cases of a union apart, but is not a required literal",
      'make it a literal, such as z.literal("card")',
    );
  return { tags: tag.shape.values, shape };
}
