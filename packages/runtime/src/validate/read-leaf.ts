import { DeclarationError } from "kerf";
import { core } from "zod";
import { authorsMessage, refuseCheck, standardWhen } from "./checks.ts";
import { checkDefinition } from "./definition.ts";
import { counted } from "./messages.ts";
import type { Count, EnumShape, Literal, LiteralShape } from "./shape.ts";

/** Reads a literal. @throws DeclarationError for what is no JSON, or of several types */
export function readLiteral(def: core.$ZodLiteralDef<core.util.Literal>, place: string): LiteralShape {
  for (const value of def.values)
    if (
      value === undefined ||
      typeof value === "bigint" ||
      (typeof value === "number" && !Number.isFinite(value))
    )
      throw new DeclarationError(
        place,
        `is the literal ${String(value)}, which is no JSON`,
        "use a string, number, boolean or null",
      );
  if (def.values.length === 0)
    throw new DeclarationError(place, "is a literal of nothing", 'give it a value: z.literal("card")');
  // A field of protobuf has one type; what may be null besides is said by nullable().
  if (new Set(def.values.map((value) => (value === null ? "null" : typeof value))).size > 1)
    throw new DeclarationError(
      place,
      `is a literal of several types (${def.values.map((value) => JSON.stringify(value)).join(", ")})`,
      "use literals of one type, with .nullable() where null is one of them; or a z.discriminatedUnion()",
    );
  return { kind: "literal", values: def.values as Literal[] };
}

/** Reads an enum. @throws DeclarationError for one of numbers */
export function readEnum(def: core.$ZodEnumDef, place: string): EnumShape {
  const values = core.util.getEnumValues(def.entries);
  if (values.length === 0 || values.some((value) => typeof value !== "string"))
    throw new DeclarationError(
      place,
      "is an enum of numbers, or of nothing",
      'list strings: z.enum(["red", "green"])',
    );
  return { kind: "enum", values: [...new Set(values as string[])] };
}

/** Reads how many entries an array may have. @throws DeclarationError for any other check */
export function readCounts(def: core.$ZodArrayDef, place: string) {
  let min: Count | undefined;
  let max: Count | undefined;
  for (const check of def.checks ?? []) {
    standardWhen(check, place);
    const rule = checkDefinition(check);
    const said = authorsMessage(rule);
    let least: number | undefined;
    let most: number | undefined;
    if (rule.check === "min_length") least = rule.minimum;
    else if (rule.check === "max_length") most = rule.maximum;
    else if (rule.check === "length_equals") least = most = rule.length;
    else refuseCheck(place);
    if (least !== undefined && (!min || least > min.count))
      min = {
        count: least,
        message: said ?? (least === 1 ? "must not be empty" : `must have at least ${entries(least)}`),
      };
    if (most !== undefined && (!max || most < max.count))
      max = { count: most, message: said ?? `must have at most ${entries(most)}` };
  }
  return { min, max };
}

const entries = (count: number) => counted(count, "entry", "entries");
