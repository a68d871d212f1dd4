import { below, isJson, list, part, type Json } from "./document.ts";
import { camelCase, unique } from "./names.ts";
import { leafText, type Direction } from "./leaves.ts";
import type { Report } from "./report.ts";

/** A property of an object, as text. */
export interface FieldText {
  readonly name: string;
  readonly text: string;
  readonly required: boolean;
}

/** Keywords without a counterpart; what they demand is left to the service. */
const unsupported = [
  "not",
  "if",
  "patternProperties",
  "propertyNames",
  "dependentSchemas",
  "dependentRequired",
  "contains",
  "prefixItems",
  "unevaluatedProperties",
];

/** Writes the schemas of a document as Zod, in the subset that contracts use. */
export class Schemas {
  readonly #document: Json;
  readonly #report: Report;
  readonly #taken: Set<string>;
  /** By direction and reference: the name of the constant; undefined for one that cannot be written. */
  readonly #named = new Map<string, string | undefined>();
  readonly #within: string[] = [];
  /** Constants in the order in which they need each other: name to text. */
  readonly constants = new Map<string, string>();

  constructor(document: Json, report: Report, taken: Set<string>) {
    this.#document = document;
    this.#report = report;
    this.#taken = taken;
  }

  /** Follows references within the document. Others are never fetched. */
  resolve(value: unknown, pointer: string): { readonly value: Json; readonly pointer: string } {
    let at = pointer;
    let found = value;
    for (let steps = 0; isJson(found) && typeof found["$ref"] === "string"; steps++) {
      const reference = found["$ref"];
      if (!reference.startsWith("#/") || steps > 20) {
        this.#report.add(
          at,
          `refers to ${reference.slice(0, 80)}, which is not in this document, and is left out`,
        );
        return { value: {}, pointer: at };
      }
      at = reference;
      found = reference
        .slice(2)
        .split("/")
        .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"))
        .reduce<unknown>(
          (inside, key) => (isJson(inside) && Object.hasOwn(inside, key) ? inside[key] : undefined),
          this.#document,
        );
    }
    return { value: isJson(found) ? found : {}, pointer: at };
  }

  /** The text of a schema; undefined where it cannot be written, which is reported. */
  text(schema: unknown, pointer: string, direction: Direction): string | undefined {
    if (isJson(schema) && typeof schema["$ref"] === "string")
      return this.#reference(schema["$ref"], pointer, direction);
    const { value } = this.resolve(schema, pointer);
    const { inner, nullable } = withoutNull(value);
    const text = this.#kind(inner, pointer, direction);
    return text !== undefined && nullable ? `${text}.nullable()` : text;
  }

  #reference(reference: string, pointer: string, direction: Direction): string | undefined {
    const key = `${direction} ${reference}`;
    if (this.#within.includes(key)) {
      this.#report.add(
        pointer,
        `is part of itself (${reference}), and is left out: contracts are not recursive`,
      );
      return undefined;
    }
    if (this.#named.has(key)) return this.#named.get(key);
    const { value, pointer: at } = this.resolve({ $ref: reference }, pointer);
    this.#within.push(key);
    const { inner, nullable } = withoutNull(value);
    const text = this.#kind(inner, at, direction);
    this.#within.pop();
    if (text === undefined) {
      this.#named.set(key, undefined);
      return undefined;
    }
    const word = camelCase(reference.split("/").at(-1)!, "shape");
    const name = unique(direction === "input" ? `${word.slice(0, 35)}Input` : word, this.#taken);
    this.constants.set(name, nullable ? `${text}.nullable()` : text);
    this.#named.set(key, name);
    return name;
  }

  #kind(schema: Json, pointer: string, direction: Direction): string | undefined {
    for (const word of unsupported)
      if (schema[word] !== undefined)
        this.#report.add(below(pointer, word), "has no counterpart in a contract, and is not checked");
    const choices = list(schema["oneOf"] ?? schema["anyOf"]);
    if (choices.length > 0) return this.#choice(schema, choices, pointer, direction);
    const leaf = leafText(schema, pointer, direction, this.#report);
    if (leaf !== undefined) return leaf;
    if (schema["type"] === "array") return this.#array(schema, pointer, direction);
    if (schema["type"] === "object" || isJson(schema["properties"]) || schema["allOf"] !== undefined)
      return this.#object(schema, pointer, direction);
    const type =
      schema["type"] === undefined
        ? "has no type"
        : `is of the type ${JSON.stringify(schema["type"]).slice(0, 60)}`;
    this.#report.add(pointer, `${type}, and is left out: a contract says what it holds`);
    return undefined;
  }

  #array(schema: Json, pointer: string, direction: Direction): string | undefined {
    const element = this.text(schema["items"] ?? {}, below(pointer, "items"), direction);
    if (element === undefined) return undefined;
    if (direction === "output") return `z.array(${element})`;
    const min = Number.isSafeInteger(schema["minItems"]) ? `.min(${String(schema["minItems"])})` : "";
    const max = Number.isSafeInteger(schema["maxItems"]) ? `.max(${String(schema["maxItems"])})` : "";
    return `z.array(${element})${min}${max}`;
  }

  #object(schema: Json, pointer: string, direction: Direction): string | undefined {
    const more = schema["additionalProperties"];
    const isOpen = isJson(more) && Object.keys(more).length > 0;
    const fields = this.fields(schema, pointer, direction);
    if (fields.length === 0 && isOpen) {
      const value = this.text(more, below(pointer, "additionalProperties"), direction);
      return value === undefined ? undefined : `z.record(z.string(), ${value})`;
    }
    if (
      fields.length === 0 &&
      more !== false &&
      schema["properties"] === undefined &&
      schema["allOf"] === undefined
    ) {
      this.#report.add(pointer, "is an object of anything, and is left out: a contract says what it holds");
      return undefined;
    }
    if (isOpen)
      this.#report.add(
        below(pointer, "additionalProperties"),
        "is left out: an object has named fields, or is a record",
      );
    return objectText(fields);
  }

  /** The fields of an object, those of all parts of `allOf` included. */
  fields(schema: Json, pointer: string, direction: Direction): FieldText[] {
    const found = new Map<string, FieldText>();
    const required = new Set(requiredOf(this, schema, pointer));
    const visit = (each: Json, at: string, depth: number): void => {
      for (const [index, inner] of list(each["allOf"]).entries()) {
        const resolved = this.resolve(inner, below(below(at, "allOf"), index));
        if (depth < 20) visit(resolved.value, resolved.pointer, depth + 1);
      }
      for (const [name, property] of Object.entries(part(each, "properties"))) {
        const place = below(below(at, "properties"), name);
        const { value } = this.resolve(property, place);
        if (value[direction === "input" ? "readOnly" : "writeOnly"] === true) continue;
        const text = name === "__proto__" ? undefined : this.text(property, place, direction);
        if (text !== undefined) found.set(name, { name, text, required: required.has(name) });
        else if (required.has(name) && direction === "input")
          this.#report.add(place, "is required by the service, and cannot be given");
      }
    };
    visit(schema, pointer, 0);
    return [...found.values()];
  }

  #choice(
    schema: Json,
    choices: readonly unknown[],
    pointer: string,
    direction: Direction,
  ): string | undefined {
    if (choices.length === 1) return this.text(choices[0], below(below(pointer, "oneOf"), 0), direction);
    const key = part(schema, "discriminator")["propertyName"];
    if (typeof key === "string") {
      const mapping = Object.entries(part(part(schema, "discriminator"), "mapping"));
      const cases = choices.map((choice, index) => {
        const { value, pointer: at } = this.resolve(choice, below(below(pointer, "oneOf"), index));
        const reference = isJson(choice) ? String(choice["$ref"] ?? "") : "";
        const own = this.resolve(part(value, "properties")[key], at).value;
        const tags = own["const"] !== undefined ? [own["const"]] : list(own["enum"]);
        const tag =
          mapping.find(([, to]) => to === reference || reference.endsWith(`/${String(to)}`))?.[0] ??
          tags[0] ??
          reference.split("/").at(-1);
        const fields = this.fields(value, at, direction).filter(({ name }) => name !== key);
        return objectText([
          { name: key, text: `z.literal(${JSON.stringify(tag)})`, required: true },
          ...fields,
        ]);
      });
      return `z.discriminatedUnion(${JSON.stringify(key)}, [${cases.join(", ")}])`;
    }
    this.#report.add(
      pointer,
      "is one of several shapes without a discriminator, and is left out: a reader could not know which it has",
    );
    return undefined;
  }
}

function requiredOf(schemas: Schemas, schema: Json, pointer: string, depth = 0): string[] {
  const inner = list(schema["allOf"]).flatMap((each, index) => {
    const found = schemas.resolve(each, below(below(pointer, "allOf"), index));
    return depth < 20 ? requiredOf(schemas, found.value, found.pointer, depth + 1) : [];
  });
  return [...list(schema["required"]).map(String), ...inner];
}

/** Takes off what only says that a value may be null: `nullable` of 3.0, a type or a case of 3.1. */
function withoutNull(schema: Json): { readonly inner: Json; readonly nullable: boolean } {
  const types = list(schema["type"]);
  const isNull = (each: unknown) => isJson(each) && each["type"] === "null";
  for (const word of ["oneOf", "anyOf"]) {
    const cases = list(schema[word]);
    if (cases.some(isNull))
      return { inner: { ...schema, [word]: cases.filter((each) => !isNull(each)) }, nullable: true };
  }
  const some = types.filter((type) => type !== "null");
  if (types.length > 0)
    return {
      inner: { ...schema, type: some.length === 1 ? some[0] : some },
      nullable: types.includes("null"),
    };
  return { inner: schema, nullable: schema["nullable"] === true };
}

export function objectText(fields: readonly FieldText[]): string {
  const each = fields.map(
    ({ name, text, required }) => `${keyText(name)}: ${text}${required ? "" : ".optional()"}`,
  );
  return each.length === 0 ? "z.object({})" : `z.object({ ${each.join(", ")} })`;
}

export function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
