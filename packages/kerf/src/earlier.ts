import { core } from "zod";
import { refuse } from "./refuse.ts";
import type { Given, Schema, Taken } from "./schema.ts";

/** Schemas by version. */
export interface Versions {
  readonly [version: number]: Schema;
}

/** How messages of earlier versions of an event are read: each is brought to the version of today at once. */
export type EarlierData<X extends Versions, D extends Schema> = {
  readonly [V in keyof X]: {
    /** The event's name then, where it was another. */
    readonly name?: string;
    readonly data: X[V];
    /** Runs whenever such a message is read, perhaps more than once: pure, and never rejecting what `data` allows. */
    readonly to: (old: Taken<X[V]>) => Given<D>;
  };
};

/** How orders that were sent to an earlier version of a command are read. */
export type EarlierInput<X extends Versions, I extends Schema> = {
  readonly [V in keyof X]: {
    readonly input: X[V];
    readonly to: (old: Taken<X[V]>) => Given<I>;
  };
};

/** An earlier version of a member, for the runtime and for tools. */
export interface EarlierVersion {
  readonly version: number;
  /** Where the member was called otherwise. */
  readonly name: string | undefined;
  readonly schema: Schema;
  readonly to: (old: any) => unknown;
}

type Draft = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** Takes `earlier` as it was written; {@link checkEarlier} says what is wrong with it. */
export function readEarlier(given: object | undefined, part: "data" | "input"): readonly EarlierVersion[] {
  return Object.entries((given ?? {}) as Draft)
    .map(([version, entry]) => ({
      version: Number(version),
      name: entry?.["name"] as string | undefined,
      schema: entry?.[part] as Schema,
      to: entry?.["to"] as (old: any) => unknown,
    }))
    .toSorted((a, b) => a.version - b.version);
}

/** @throws DeclarationError for a version that is missing, a schema or function that is none */
export function checkEarlier(
  earlier: readonly EarlierVersion[],
  part: "data" | "input",
  place: string,
): void {
  for (const [index, { version, name, schema, to }] of earlier.entries()) {
    const at = `${place}.earlier[${version}]`;
    if (version !== index + 1)
      refuse(
        `${place}.earlier`,
        `has a version ${version} where ${index + 1} is expected`,
        "number them 1, 2, 3 without a gap: the version of today is the next",
      );
    if (!(schema instanceof core.$ZodType))
      refuse(
        at,
        `has no ${part}, or one that is not a schema of Zod 4`,
        `give the schema of then as ${part}`,
      );
    if (typeof to !== "function")
      refuse(at, "has no function `to`", "write to: (old) => ({ …what it is today })");
    if (name !== undefined && !/^[a-z][a-zA-Z0-9]{0,39}$/.test(name))
      refuse(at, `"${name}" was no name of a member`, "give the name that it had then, or leave it out");
  }
}
