import type { Schema } from "kerf";
import type { core } from "zod";
import { checkDefinition, definition } from "../validate/definition.ts";

/** What a value must keep to, in the words of JSON Schema 2020-12, but for `form`: an e-mail address, a UUID and so on. */
export interface FieldLimits {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly form?: string;
  /** Of a regular expression, sorted. */
  readonly patterns?: readonly string[];
}

/** The parts of the checks of Zod that are read here. */
interface Check {
  readonly check: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly value?: number;
  readonly inclusive?: boolean;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly includes?: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

const order: readonly string[] = [
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "form",
  "patterns",
] satisfies (keyof FieldLimits)[];

type Mutable = { -readonly [K in keyof FieldLimits]: FieldLimits[K] };

/** The limits of a string, number or array; undefined where there are none. */
export function limitsOf(schema: Schema): FieldLimits | undefined {
  const limits: Mutable = {};
  for (const check of checksOf(schema)) {
    if (check.check === "string_format") readFormat(limits, check);
    else readBound(limits, check, definition(schema).type === "array");
  }
  return Object.keys(limits).length === 0 ? undefined : limits;
}

/** In one order always: the text of the lock file is compared. */
export function orderedLimits(limits: FieldLimits): FieldLimits {
  const given = Object.entries(limits);
  return Object.fromEntries(given.toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

function checksOf(schema: Schema): readonly Check[] {
  const def = definition(schema) as unknown as Check & { readonly checks?: readonly core.$ZodCheck<any>[] };
  // A schema such as z.email() is its own first check.
  return [
    ...(def.check === undefined ? [] : [def]),
    ...(def.checks ?? []).map((check) => checkDefinition(check) as unknown as Check),
  ];
}

function readBound(limits: Mutable, check: Check, counts: boolean): void {
  const [least, most] = counts ? (["minItems", "maxItems"] as const) : (["minLength", "maxLength"] as const);
  if (check.check === "min_length") limits[least] = Math.max(limits[least] ?? -Infinity, check.minimum!);
  if (check.check === "max_length") limits[most] = Math.min(limits[most] ?? Infinity, check.maximum!);
  if (check.check === "length_equals") limits[least] = limits[most] = check.length!;
  if (check.check === "multiple_of") limits.multipleOf = check.value!;
  if (check.check === "greater_than") {
    const name = check.inclusive ? "minimum" : "exclusiveMinimum";
    limits[name] = Math.max(limits[name] ?? -Infinity, check.value!);
  }
  if (check.check === "less_than") {
    const name = check.inclusive ? "maximum" : "exclusiveMaximum";
    limits[name] = Math.min(limits[name] ?? Infinity, check.value!);
  }
}

/** The pattern of a form is Zod's own, and may differ in its next version. */
function readFormat(limits: Mutable, { format, pattern, includes, prefix, suffix }: Check): void {
  const own =
    format === "regex"
      ? pattern!.source
      : format === "includes"
        ? `…${includes}…`
        : format === "starts_with"
          ? `${prefix}…`
          : format === "ends_with"
            ? `…${suffix}`
            : undefined;
  if (own === undefined) limits.form = format!;
  else limits.patterns = [...(limits.patterns ?? []), own].toSorted();
}

/** In which `is` refuses what `was` allows, as text: `"maxLength was 40 and is 20"`. */
export function narrowed(was: FieldLimits = {}, is: FieldLimits = {}): readonly string[] {
  const said: string[] = [];
  const tell = (name: keyof FieldLimits): void => {
    said.push(
      was[name] === undefined
        ? `${name} is ${text(is[name])} now`
        : `${name} was ${text(was[name])} and is ${text(is[name])}`,
    );
  };
  for (const name of ["minLength", "minimum", "exclusiveMinimum", "minItems"] as const)
    if (is[name] !== undefined && is[name] > (was[name] ?? -Infinity)) tell(name);
  for (const name of ["maxLength", "maximum", "exclusiveMaximum", "maxItems"] as const)
    if (is[name] !== undefined && is[name] < (was[name] ?? Infinity)) tell(name);
  // Whether a form or pattern allows what another one did cannot be told.
  if (is.form !== undefined && is.form !== was.form) tell("form");
  if (is.multipleOf !== undefined && (was.multipleOf ?? Number.NaN) % is.multipleOf !== 0) tell("multipleOf");
  if (is.patterns?.some((pattern) => !was.patterns?.includes(pattern))) tell("patterns");
  return said;
}

function text(value: FieldLimits[keyof FieldLimits]): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}
