import { DeclarationError } from "kerf";
import type { core } from "zod";
import { authorsMessage, standardWhen } from "./checks.ts";
import { codePoints } from "./code-points.ts";
import { checkDefinition, definition, runCheck } from "./definition.ts";
import { counted, formatMessage, shorten } from "./messages.ts";
import type { StringRule, StringShape } from "./shape.ts";

type Check = core.$ZodCheck<any>;

/** Reads a string schema. @throws DeclarationError at `place` for what is outside of the subset */
export function readString(schema: core.$ZodString | core.$ZodStringFormat, place: string): StringShape {
  const def = definition(schema) as core.$ZodStringDef & { readonly coerce?: boolean };
  if (def.coerce)
    throw new DeclarationError(place, "coerces its value", "use z.string(): values are not converted");
  const checks = [
    ...("format" in def ? [schema as unknown as Check] : []),
    ...((def.checks ?? []) as Check[]),
  ];
  return { kind: "string", rules: checks.map((check) => readCheck(check, place)) };
}

function readCheck(check: Check, place: string): StringRule {
  const def = checkDefinition(check);
  standardWhen(check, place);
  const said = authorsMessage(def);
  switch (def.check) {
    case "min_length": {
      const count = def.minimum;
      const message = said ?? (count === 1 ? "must not be empty" : `must have at least ${characters(count)}`);
      return { kind: "min", count, message, holds: (value) => codePoints(value) >= count };
    }
    case "max_length": {
      const count = def.maximum;
      const message = said ?? `must have at most ${characters(count)}`;
      return { kind: "max", count, message, holds: (value) => codePoints(value) <= count };
    }
    case "length_equals": {
      const count = def.length;
      const message = said ?? `must have exactly ${characters(count)}`;
      return { kind: "other", message, holds: (value) => codePoints(value) === count };
    }
    case "string_format":
      return readFormat(check, def as core.$ZodCheckStringFormatDef, said, place);
    case "overwrite":
      throw new DeclarationError(
        place,
        "changes its value (trim, toLowerCase or the like)",
        "change it in the handler, and demand the form with .regex()",
      );
    default:
      throw new DeclarationError(
        place,
        `has a check (${shorten(String((def as { check?: unknown }).check))}) that is a function or not of strings`,
        "check it in the handler, or use min, max, length, regex or a format",
      );
  }
}

const characters = (count: number) => counted(count, "character", "characters");

function readFormat(
  check: Check,
  def: core.$ZodCheckStringFormatDef,
  said: string | undefined,
  place: string,
): StringRule {
  switch (def.format) {
    case "includes": {
      const { includes, position } = def as unknown as core.$ZodCheckIncludesDef;
      const message = said ?? `must contain ${quoted(includes)}`;
      return { kind: "other", message, holds: (value) => value.includes(includes, position) };
    }
    case "starts_with": {
      const { prefix } = def as unknown as core.$ZodCheckStartsWithDef;
      return {
        kind: "other",
        message: said ?? `must start with ${quoted(prefix)}`,
        holds: (value) => value.startsWith(prefix),
      };
    }
    case "ends_with": {
      const { suffix } = def as unknown as core.$ZodCheckEndsWithDef;
      return {
        kind: "other",
        message: said ?? `must end with ${quoted(suffix)}`,
        holds: (value) => value.endsWith(suffix),
      };
    }
    case "regex":
      return pattern(def.pattern!, said ?? `must match ${shorten(String(def.pattern))}`);
    case "url":
      return readUrl(check, said, place);
    // Zod judges these with more than their pattern.
    case "ipv6":
    case "cidrv6":
    case "base64":
    case "base64url":
    case "credit_card":
    case "iban":
    case "jwt":
      return {
        kind: "other",
        message: said ?? formatMessage(def.format),
        holds: (value) => runCheck(check, value) !== undefined,
      };
    default:
      if (!def.pattern)
        throw new DeclarationError(
          place,
          `is of the format "${shorten(String(def.format))}", which is a function`,
          "give the format as a regular expression",
        );
      return pattern(def.pattern, said ?? formatMessage(def.format));
  }
}

function readUrl(check: Check, said: string | undefined, place: string): StringRule {
  const def = checkDefinition(check) as { normalize?: boolean };
  if (def.normalize)
    throw new DeclarationError(
      place,
      "normalizes its value",
      "leave out `normalize`, and normalize in the handler",
    );
  return {
    kind: "url",
    message: said ?? formatMessage("url"),
    holds: (value) => runCheck(check, value) !== undefined,
    clean: (value) => runCheck(check, value),
  };
}

function pattern(source: RegExp, message: string): StringRule {
  // Without g and y a pattern keeps no position between values; y from the start is an anchor.
  const flags = source.flags.replace(/[gy]/g, "");
  const own = new RegExp(source.sticky ? `^(?:${source.source})` : source.source, flags);
  return { kind: "pattern", pattern: own, message, holds: (value) => own.test(value) };
}

const quoted = (text: string) => JSON.stringify(shorten(text));
