import { DeclarationError, type Schema } from "kerf";
import type { FieldDescriptor, FieldLabel, JsonScalar, MessageDescriptor, ScalarType } from "./descriptor.ts";
import type { FieldLimits } from "./field-limits.ts";
import { pascalCase, snakeCase } from "./names.ts";
import { type FieldNumbers, numberFields } from "./numbers.ts";
import { type SchemaShape, shapeOf, type UnionOption } from "./schema-shape.ts";

/** Where a message is made: the messages around it, what is known of numbers, the schemas around it. */
interface Scope {
  readonly path: string;
  readonly place: string;
  readonly numbers: FieldNumbers;
  readonly around: readonly Schema[];
}

const MAX_DEPTH = 32;

type Draft = Omit<FieldDescriptor, "number">;
type MessageExtras = Partial<Pick<MessageDescriptor, "description" | "discriminator" | "implied">>;

/** The message of a whole input, output, event or error. `place` names it in complaints. */
export function messageOf(
  schema: Schema,
  name: string,
  place: string,
  numbers: FieldNumbers,
): MessageDescriptor {
  const scope: Scope = { path: name, place, numbers, around: [] };
  const within: Scope = { ...scope, around: [schema] };
  const shape = shapeOf(schema, place);
  const { core, description } = shape;
  if (shape.presence === "required" && !shape.nullable && core.kind === "object") {
    return objectMessage(within, core.fields, { description });
  }
  if (shape.presence === "required" && !shape.nullable && core.kind === "union") {
    return unionMessage(within, core.discriminator, core.options, description);
  }
  return message(scope, "box", [fieldOf(scope, "value", schema)], { description });
}

function objectMessage(
  scope: Scope,
  fields: readonly (readonly [string, Schema])[],
  extras: MessageExtras,
): MessageDescriptor {
  const drafts = fields.map(([key, schema]) => fieldOf(scope, key, schema));
  refuseTwins(drafts, scope.place);
  return message(scope, "object", drafts, extras);
}

function unionMessage(
  scope: Scope,
  discriminator: string,
  options: readonly UnionOption[],
  description: string | undefined,
): MessageDescriptor {
  const drafts = options.map((option): Draft => {
    const [tag] = option.tags;
    const implied =
      option.tags.length === 1 && tag !== undefined ? { key: discriminator, value: tag } : undefined;
    const fields = implied ? option.fields.filter(([key]) => key !== discriminator) : option.fields;
    const key = String(tag);
    const inner = { ...scope, path: `${scope.path}.${pascalCase(key)}`, place: `${scope.place}(${key})` };
    const type = objectMessage(inner, fields, implied ? { implied } : {});
    return draft(snakeCase(key), key, "optional", type, {
      tags: option.tags,
      description: option.description,
    });
  });
  refuseTwins(drafts, scope.place);
  return message(scope, "union", drafts, { discriminator, description });
}

function fieldOf(scope: Scope, key: string, schema: Schema): Draft {
  const place = `${scope.place}.${key}`;
  const inner = enter({ ...scope, path: `${scope.path}.${pascalCase(key)}`, place }, schema);
  const shape = shapeOf(schema, place);
  const type = shape.nullable ? nullableMessage(inner, shape) : typeOf(inner, shape);
  return draft(snakeCase(key), key, type.label, type.type, {
    description: shape.description,
    values: type.values,
    limits: type.limits,
  });
}

/** A message that holds itself would have no end here: messages are nested in the ones that use them. */
function enter(scope: Scope, schema: Schema): Scope {
  if (scope.around.length >= MAX_DEPTH || scope.around.includes(schema)) {
    throw new DeclarationError(
      scope.place,
      `contains itself, or is nested more than ${MAX_DEPTH} deep`,
      "make it flat, or send its parts by id",
    );
  }
  return { ...scope, around: [...scope.around, schema] };
}

interface FieldType {
  readonly label: FieldLabel;
  readonly type: ScalarType | MessageDescriptor;
  readonly values?: readonly JsonScalar[] | undefined;
  readonly limits?: FieldLimits | undefined;
}

/** `T | null`: the message is there and empty for null, so that null, absent and the value differ. */
function nullableMessage(scope: Scope, shape: SchemaShape): FieldType {
  const bare: SchemaShape = { ...shape, nullable: false, presence: "optional" };
  const value = typeOf({ ...scope, path: `${scope.path}.Value` }, bare);
  const { values, limits } = value;
  const field = draft("value", "value", "optional", value.type, { values, limits });
  return { label: shape.presence, type: message(scope, "nullable", [field], {}) };
}

function typeOf(scope: Scope, shape: SchemaShape): FieldType {
  const { core, presence } = shape;
  switch (core.kind) {
    case "scalar":
      return { label: presence, type: core.scalar, values: core.values, limits: core.limits };
    case "null":
      return { label: presence, type: message(scope, "null", [], {}) };
    case "object":
      return { label: presence, type: objectMessage(scope, core.fields, {}) };
    case "union":
      return { label: presence, type: unionMessage(scope, core.discriminator, core.options, undefined) };
    case "array":
      return collection(scope, presence, "list", "items", core.element, core.limits);
    case "record":
      return collection(scope, presence, "map", "entries", core.value);
  }
}

/** An array or record that must be there is a repeated field or a map; else a message around one. */
function collection(
  scope: Scope,
  presence: SchemaShape["presence"],
  form: "list" | "map",
  name: string,
  element: Schema,
  count?: FieldLimits,
): FieldType {
  const label = form === "list" ? "repeated" : "map";
  const counted = (each: FieldType): FieldLimits | undefined =>
    each.limits || count ? { ...each.limits, ...count } : undefined;
  if (presence === "required") {
    const each = elementType(scope, element);
    return { ...each, label, limits: counted(each) };
  }
  const inner = { ...scope, path: `${scope.path}.${pascalCase(name)}` };
  const each = elementType(inner, element);
  const { type, values } = each;
  const field = draft(name, name, label, type, { values, limits: counted(each) });
  return { label: presence, type: message(scope, form, [field], {}) };
}

function elementType(scope: Scope, element: Schema): FieldType {
  const place = `${scope.place}[]`;
  const shape = shapeOf(element, place);
  if (shape.presence !== "required") {
    throw new DeclarationError(place, "may be absent within an array or record", "use nullable() instead");
  }
  const inner = enter({ ...scope, place }, element);
  if (shape.nullable) return nullableMessage(inner, shape);
  // An array of arrays needs a message for each inner one: say that its presence is its own.
  const nested = shape.core.kind === "array" || shape.core.kind === "record";
  return typeOf(inner, nested ? { ...shape, presence: "optional" } : shape);
}

function draft(
  name: string,
  key: string,
  label: FieldLabel,
  type: ScalarType | MessageDescriptor,
  extras: Partial<Pick<Draft, "description" | "values" | "limits" | "tags">>,
): Draft {
  return { name, key, label, type, description: undefined, values: undefined, tags: undefined, ...extras };
}

function message(
  scope: Scope,
  form: MessageDescriptor["form"],
  drafts: readonly Draft[],
  extras: MessageExtras,
): MessageDescriptor {
  return {
    name: scope.path.slice(scope.path.lastIndexOf(".") + 1),
    path: scope.path,
    form,
    description: undefined,
    discriminator: undefined,
    implied: undefined,
    ...numberFields(drafts, scope.numbers[scope.path]),
    messages: drafts.flatMap((field) => (typeof field.type === "string" ? [] : [field.type])),
    ...extras,
  };
}

/** Two keys that differ in JSON and not in protobuf, such as `orderId` and `order_id`. */
function refuseTwins(drafts: readonly Draft[], place: string): void {
  const seen = new Map<string, string>();
  for (const { name, key } of drafts) {
    const names = [name, pascalCase(key)];
    for (const twin of names) {
      const other = seen.get(twin);
      if (other !== undefined) {
        throw new DeclarationError(
          place,
          `"${other}" and "${key}" have the same name in protobuf`,
          "rename one of them",
        );
      }
      seen.set(twin, key);
    }
  }
}
