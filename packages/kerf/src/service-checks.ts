import { core } from "zod";
import type { NeedsSpec } from "./context.ts";
import type { ContractFacts } from "./contract.ts";
import { nearest } from "./nearest.ts";
import { refuse } from "./refuse.ts";
import { checkUses } from "./uses.ts";

/** Checks what a service needs. @throws DeclarationError */
export function checkNeeds(needs: NeedsSpec, place: string): void {
  if (typeof needs !== "object" || needs === null)
    refuse(place, "its second argument is not what it needs", "give {} where it needs nothing");
  knownKeys(needs, ["database", "uses", "settings"], place);
  if (needs.database !== undefined && !(needs.database?.migrations instanceof URL))
    refuse(
      `${place}.database`,
      "does not say where its migrations are",
      'write { migrations: new URL("./migrations/", import.meta.url) }',
    );
  if (needs.uses !== undefined) checkUses(needs.uses, place);
  if (needs.settings !== undefined && !(needs.settings instanceof core.$ZodObject))
    refuse(
      `${place}.settings`,
      "is not a z.object()",
      "describe the settings: z.object({ apiKey: z.string() })",
    );
}

/** Refuses what is misspelt: the compiler sees no surplus properties in what it infers. */
export function knownKeys(given: object, known: readonly string[], place: string): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    refuse(
      place,
      `has "${key}", which means nothing`,
      meant === undefined ? `it may have: ${known.join(", ")}` : `did you mean "${meant}"`,
    );
  }
}

/** Checks that there is a handler for each query and command, and no other. @throws DeclarationError */
export function checkHandlers(
  facts: ContractFacts,
  handle: { readonly [member: string]: unknown },
  needs: NeedsSpec,
  place: string,
): void {
  const callable = [...facts.members.values()].filter((member) => member.kind !== "event");
  const names = callable.map((member) => member.id.slice(facts.id.length + 1));
  for (const name of Object.keys(handle)) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    refuse(
      `${place}.handle.${name}`,
      "is not a query, command or stream of its contract",
      meant === undefined ? "remove it or declare it in the contract" : `did you mean "${meant}"`,
    );
  }
  callable.forEach((member, index) => {
    const name = names[index]!;
    const at = `${place}.handle.${name}`;
    const handler = handle[name];
    if (handler === undefined) refuse(place, `handles no "${name}"`, `add handle.${name}`);
    if (!isHandler(handler)) refuse(at, "is neither a function nor twoPhase(…)", "give it a function");
    if (typeof handler === "function") return;
    if (member.kind !== "command")
      refuse(at, `is a ${member.kind} in two phases`, "only commands and reactions have two phases");
    if (!needs.database)
      refuse(at, "has two phases, but no database to remember the first in", "give the service a database");
  });
}

/** Checks what a reaction says of being replayed. @throws DeclarationError */
export function checkReplayable(given: unknown, run: unknown, place: string): void {
  const { tables } = (given ?? {}) as { readonly tables?: unknown };
  if (!Array.isArray(tables) || tables.length === 0)
    refuse(place, "names no tables", 'name those that it fills: { tables: ["expected"] }');
  for (const table of tables as readonly unknown[])
    if (typeof table !== "string" || !/^[a-z_][a-z0-9_]{0,62}$/.test(table))
      refuse(
        place,
        `${JSON.stringify(table)} is not the name of a table`,
        "give names as in the migrations: lower case, without a schema",
      );
  if (typeof run !== "function")
    refuse(place, "is of two phases", "what touches the outside world cannot be replayed: leave it out");
}

/** Tells whether a value is a function, or two phases of it. */
export function isHandler(value: unknown): boolean {
  if (typeof value === "function") return true;
  const { prepare, handle } = (value ?? {}) as { readonly prepare?: unknown; readonly handle?: unknown };
  return typeof prepare === "function" && typeof handle === "function";
}
