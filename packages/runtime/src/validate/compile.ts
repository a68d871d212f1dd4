import type { Schema, Violation } from "kerf";
import { bounded } from "./bounded.ts";
import { explain } from "./explain.ts";
import { generate, unfit, type Copy } from "./generate.ts";
import type { ValidatorOptions } from "./options.ts";
import { readShape } from "./read.ts";

/** At most 20 violations. */
export type Validation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly violations: readonly Violation[] };

export type Validator = (value: unknown) => Validation;

/**
 * Compiles the validator of a schema of the allowed subset. It never keeps or returns a part of the value that it is
 * given: what it returns is a copy, with defaults applied and without absent fields.
 * @throws DeclarationError for a schema outside of the subset
 */
export function compileValidator(schema: Schema, options: ValidatorOptions): Validator {
  const read = readShape(schema, "schema");
  const shape = options.bounds ? bounded(read, options.bounds) : read;
  let copy: Copy | undefined;
  return (value) => {
    // Made at the first use: a process holds the contracts of services that it never calls.
    copy ??= generate(shape, options);
    const result = copy(value);
    if (result !== unfit) return { ok: true, value: result };
    const violations = explain(shape, value, options);
    return {
      ok: false,
      violations: violations.length > 0 ? violations : [{ path: "", message: "is not valid" }],
    };
  };
}
