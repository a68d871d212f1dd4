import { core } from "zod";

/**
 * A Zod 4 schema of any kind, constrained by Zod's core type: `z.ZodType` costs the checker three times as much on
 * a large application.
 */
export type Schema = core.$ZodType;

/** What a value looks like before the schema is applied (defaults may be absent). */
export type Given<S> = S extends Schema ? core.input<S> : never;

/** What a value looks like after the schema was applied (defaults are filled in). */
export type Taken<S> = S extends Schema ? core.output<S> : never;

/** The declared errors of a query or command: code to the schema of its data. */
export type ErrorSchemas = { readonly [code: string]: Schema };

/** The names of an object's fields; undefined for a schema of another kind. */
export function fieldNames(schema: Schema): readonly string[] | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- Zod's name
  return schema instanceof core.$ZodObject ? Object.keys(schema._zod.def.shape) : undefined;
}
