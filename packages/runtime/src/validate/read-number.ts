import { DeclarationError } from "kerf";
import { core } from "zod";
import { authorsMessage, standardWhen } from "./checks.ts";
import { checkDefinition, definition } from "./definition.ts";
import { shorten } from "./messages.ts";
import type { NumberRule, NumberShape } from "./shape.ts";

type Check = core.$ZodCheck<any>;

/** Reads a number schema. @throws DeclarationError at `place` for what is outside of the subset */
export function readNumber(schema: core.$ZodNumber | core.$ZodNumberFormat, place: string): NumberShape {
  const def = definition(schema) as core.$ZodNumberDef & {
    readonly coerce?: boolean;
    readonly format?: string;
  };
  if (def.coerce)
    throw new DeclarationError(
      place,
      "coerces its value",
      "use z.number() or z.int(): values are not converted",
    );
  const checks = [...(def.format ? [schema as unknown as Check] : []), ...((def.checks ?? []) as Check[])];
  let integer = false;
  const rules: NumberRule[] = [];
  for (const check of checks) {
    standardWhen(check, place);
    const read = readCheck(check, place);
    if (read.integer) integer = true;
    rules.push(...read.rules);
  }
  return { kind: "number", integer, rules };
}

function readCheck(check: Check, place: string): { integer: boolean; rules: readonly NumberRule[] } {
  const def = checkDefinition(check);
  const said = authorsMessage(def);
  switch (def.check) {
    case "less_than":
      return only(upper(Number(def.value), def.inclusive, said));
    case "greater_than":
      return only(lower(Number(def.value), def.inclusive, said));
    case "multiple_of": {
      const step = Number(def.value);
      if (!(step > 0))
        throw new DeclarationError(place, `is to be a multiple of ${step}`, "give a step above 0");
      const message = said ?? `must be a multiple of ${step}`;
      return only({
        kind: "other",
        message,
        holds: (value) => core.util.floatSafeRemainder(value, step) === 0,
      });
    }
    case "number_format": {
      const [min, max] = core.util.NUMBER_FORMAT_RANGES[def.format];
      const ranged = def.format === "safeint" ? [] : [lower(min, true, said), upper(max, true, said)];
      return { integer: def.format.includes("int"), rules: ranged };
    }
    default:
      throw new DeclarationError(
        place,
        `has a check (${shorten(String((def as { check?: unknown }).check))}) that is a function or not of numbers`,
        "check it in the handler, or use min, max or multipleOf",
      );
  }
}

const only = (rule: NumberRule) => ({ integer: false, rules: [rule] });

function upper(bound: number, inclusive: boolean, said: string | undefined): NumberRule {
  return inclusive
    ? { kind: "<=", bound, message: said ?? `must be at most ${bound}`, holds: (value) => value <= bound }
    : { kind: "<", bound, message: said ?? `must be less than ${bound}`, holds: (value) => value < bound };
}

function lower(bound: number, inclusive: boolean, said: string | undefined): NumberRule {
  return inclusive
    ? { kind: ">=", bound, message: said ?? `must be at least ${bound}`, holds: (value) => value >= bound }
    : { kind: ">", bound, message: said ?? `must be more than ${bound}`, holds: (value) => value > bound };
}
