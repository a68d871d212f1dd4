import type { core } from "zod";

/** What Zod keeps about a schema: its internals are public and stable for libraries (zod.dev/library-authors). */
export function definition(schema: core.$ZodType): core.$ZodTypes["_zod"]["def"] {
  // oxlint-disable-next-line no-underscore-dangle -- Zod's name
  return (schema as core.$ZodTypes)._zod.def;
}

/** What Zod keeps about a check. */
export function checkDefinition(check: core.$ZodCheck<never>): core.$ZodChecks["_zod"]["def"] {
  // oxlint-disable-next-line no-underscore-dangle -- Zod's name
  return check._zod.def as core.$ZodChecks["_zod"]["def"];
}

/** What Zod's own check makes of a text; undefined where it objects. */
export function runCheck(check: core.$ZodCheck<string>, value: string): string | undefined {
  const payload: core.ParsePayload<string> = { value, issues: [] };
  // oxlint-disable-next-line no-underscore-dangle -- Zod's name
  void check._zod.check(payload);
  return payload.issues.length === 0 ? payload.value : undefined;
}
