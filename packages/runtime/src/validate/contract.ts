import { isDeepStrictEqual } from "node:util";
import {
  DeclarationError,
  describe,
  type AnyCommand,
  type AnyContract,
  type AnyEvent,
  type AnyMember,
  type Schema,
} from "kerf";
import { readShape, type ReadDefault } from "./read.ts";
import type { Field, ObjectShape, Shape } from "./shape.ts";

/**
 * Checks that every schema of a contract is within the subset of Zod that contracts use, and that it keeps to the
 * rules of what travels: objects at the top, enums of outputs and events with an "unknown", keys that are there.
 * @throws DeclarationError at a place such as `inventory@1.reserve.input.lines[].price`
 */
export function checkContract(contract: AnyContract): void {
  const defaults: ReadDefault[] = [];
  for (const member of describe(contract).members.values()) checkMember(member, defaults);
  checkConstant(defaults);
}

/**
 * Checks one schema as an input is checked, such as that of a saga.
 * @throws DeclarationError below `place`
 */
export function checkSchema(schema: Schema, place: string): void {
  const defaults: ReadDefault[] = [];
  readTop(schema, place, defaults);
  checkConstant(defaults);
}

function checkMember(member: AnyMember, defaults: ReadDefault[]): void {
  if (member.kind === "event" || member.kind === "command") checkEarlier(member, defaults);
  if (member.kind === "event") {
    const data = readTop(member.data, `${member.id}.data`, defaults);
    checkOpen(data, `${member.id}.data`);
    checkKey(member, data);
    return;
  }
  readTop(member.input, `${member.id}.input`, defaults);
  checkOpen(readTop(member.output, `${member.id}.output`, defaults), `${member.id}.output`);
  for (const [code, schema] of Object.entries(member.errors)) {
    const place = `${member.id}.errors.${code}`;
    checkOpen(readTop(schema, place, defaults), place);
  }
}

function checkEarlier(member: AnyEvent | AnyCommand, defaults: ReadDefault[]): void {
  const part = member.kind === "event" ? "data" : "input";
  for (const { version, schema } of member.earlier)
    readTop(schema, `${member.id}.earlier[${version}].${part}`, defaults);
}

function readTop(schema: Schema, place: string, defaults: ReadDefault[]): ObjectShape {
  const shape = readShape(schema, place, defaults);
  if (shape.kind !== "object")
    throw new DeclarationError(
      place,
      "is not an object",
      "make it a z.object() with a field for the value: fields can be added later",
    );
  return shape;
}

/** Refuses enums that a reader of an older version could not read when a value is added. */
function checkOpen(shape: Shape, place: string): void {
  switch (shape.kind) {
    case "enum":
      if (!shape.values.includes("unknown"))
        throw new DeclarationError(
          place,
          'is an enum that is read by others and does not list "unknown"',
          'add "unknown" to it: it stands for values that are added later',
        );
      return;
    case "nullable":
      return checkOpen(shape.inner, place);
    case "array":
      return checkOpen(shape.element, `${place}[]`);
    case "record":
      return checkOpen(shape.value, `${place}{}`);
    case "object":
      for (const field of shape.fields) checkOpen(field.shape, `${place}.${field.name}`);
      return;
    case "union":
      shape.options.forEach((option, index) => checkOpen(option.shape, `${place}(case ${index + 1})`));
  }
}

function checkKey(member: AnyEvent, data: ObjectShape): void {
  const key: Field | undefined = data.fields.find((field) => field.name === member.key);
  const fits = key?.shape.kind === "string" || (key?.shape.kind === "number" && key.shape.integer);
  if (!fits || key?.presence.kind !== "required")
    throw new DeclarationError(
      `${member.id}.data.${member.key}`,
      "is the key of the event, but not a required string or whole number",
      "make it z.string() or z.int(), neither optional nor nullable, or name another field as `key`",
    );
}

/**
 * Refuses defaults that differ from one time to the next, such as `.default(() => Date.now())`: the input of a command
 * that is repeated must stay the same.
 */
function checkConstant(defaults: readonly ReadDefault[]): void {
  if (defaults.length === 0) return;
  const from = Date.now();
  while (Date.now() === from);
  for (const { place, value, again } of defaults)
    if (!isDeepStrictEqual(value, again()))
      throw new DeclarationError(
        place,
        "has a default that changes with every use",
        "give a constant, or make the field optional and fill it in the handler",
      );
}
