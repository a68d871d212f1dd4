import { DeclarationError } from "kerf";
import { z, type core } from "zod";
import { checkDefinition } from "./definition.ts";

/** The message that the author gave to a check, where it is plain text. */
export function authorsMessage(def: object): string | undefined {
  const { error } = def as { readonly error?: unknown };
  // A text becomes a function of no parameters; a function of the value could repeat the value.
  if (typeof error !== "function" || error.length > 0) return undefined;
  const text: unknown = error();
  return typeof text === "string" ? text : undefined;
}

/** Refuses the checks of a schema that can have none but functions. */
export function noChecks(def: core.$ZodTypeDef, place: string): void {
  if ((def.checks ?? []).length > 0) refuseCheck(place);
}

export function refuseCheck(place: string): never {
  throw new DeclarationError(
    place,
    "has a check that is a function (refine, superRefine, check or the like)",
    "check it in the handler: the other side of a wire cannot run it",
  );
}

const whenOf = (check: core.$ZodCheck<never>) => (checkDefinition(check) as { readonly when?: unknown }).when;

const usual: { readonly [check: string]: unknown } = {
  min_length: whenOf(z.minLength(0)),
  max_length: whenOf(z.maxLength(0)),
  length_equals: whenOf(z.length(0)),
};

/** Refuses a check that an author made conditional with `when`. */
export function standardWhen(check: core.$ZodCheck<never>, place: string): void {
  const when = whenOf(check);
  if (when !== undefined && when !== usual[checkDefinition(check).check])
    throw new DeclarationError(place, "has a conditional check (`when`)", "check it in the handler");
}
