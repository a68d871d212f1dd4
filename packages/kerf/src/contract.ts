import { bindCaches } from "./cache.ts";
import { readDeprecated, type DeprecatedSpec } from "./deprecated.ts";
import { checkMember } from "./member-checks.ts";
import type { AnyCommand, AnyEvent, AnyMember, AnyQuery, Command, Event, Query } from "./members.ts";
import { joinObjectives, ofStreams, readObjective, type ObjectiveSpec } from "./objective.ts";
import { refuse } from "./refuse.ts";
import { routeParts } from "./route.ts";
import type { Stream } from "./stream.ts";

declare const described: unique symbol;

/** What a service promises: its queries, commands and events, at one version. The only thing that others may import. */
export type Contract<
  N extends string,
  D,
  K extends keyof D = Exclude<keyof D, "version" | "deprecated" | "objective">,
> = {
  readonly [P in K]: D[P] extends Query<string, infer I, infer O, infer E>
    ? Query<MemberId<N, D, P>, I, O, E>
    : D[P] extends Command<string, infer I, infer O, infer E>
      ? Command<MemberId<N, D, P>, I, O, E>
      : D[P] extends Event<string, infer X>
        ? Event<MemberId<N, D, P>, X>
        : D[P] extends Stream<string, infer I, infer O, infer E>
          ? Stream<MemberId<N, D, P>, I, O, E>
          : never;
} & { readonly [described]: ContractId<N, D> };

type Versioned<D> = D extends { readonly version: infer V extends number } ? V : never;
type ContractId<N extends string, D> = `${N}@${Versioned<D>}`;
type MemberId<N extends string, D, P> = `${ContractId<N, D>}.${P & string}`;

export interface AnyContract {
  readonly [described]: string;
}

/** `"inventory@1"`. */
export type IdOf<C extends AnyContract> = C[typeof described];

/** The facts of a contract, for the runtime and for tools. */
export interface ContractFacts {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  /** By name, in the order of declaration. */
  readonly members: ReadonlyMap<string, AnyMember>;
}

const facts = new WeakMap<AnyContract, ContractFacts>();
const namePattern = /^[a-z][a-zA-Z0-9]{0,39}$/;

/**
 * Declares a contract. `definition` holds `version` and the members, flat:
 * `contract("inventory", { version: 1, stock: query({…}), reserve: command({…}) })`. `deprecated` says that all of it is to go,
 * `objective` what all its queries and commands promise; its streams promise its availability.
 * @throws DeclarationError for a bad name or version, a schema that is not Zod, a route that is wrong, used twice or
 *   without `access`, or an error code that is a status
 */
export function contract<
  const N extends string,
  const D extends {
    readonly version: number;
    readonly deprecated?: DeprecatedSpec;
    readonly objective?: ObjectiveSpec;
    readonly [member: string]: number | object | undefined;
  },
>(name: N, definition: D): Contract<N, D> {
  const place = `contract("${name}")`;
  if (!namePattern.test(name))
    refuse(place, "the name is not a camelCase word of at most 40 letters and digits", "rename it");
  if (!Number.isSafeInteger(definition.version) || definition.version < 1)
    refuse(
      place,
      `version ${String(definition.version)} is not a whole number from 1`,
      "start at version: 1",
    );
  const id = `${name}@${definition.version}`;
  const members = new Map<string, AnyMember>();
  const routes = new Map<string, string>();
  const deprecated = readDeprecated(definition["deprecated"] as DeprecatedSpec, `${place}.deprecated`);
  const objective = readObjective(definition["objective"] as ObjectiveSpec, `${place}.objective`);
  for (const [key, value] of Object.entries(definition)) {
    if (key === "version" || key === "deprecated" || key === "objective") continue;
    const draft = readDraft(key, value, `${place}.${key}`);
    if (draft.kind !== "event" && draft.http) {
      const { shape } = routeParts(draft.http, `${place}.${key}`);
      const other = routes.get(shape);
      if (other)
        refuse(
          `${place}.${key}`,
          `its route ${draft.http} is also that of ${other}`,
          "give each member a route of its own",
        );
      routes.set(shape, key);
    }
    const old = draft.kind !== "event" && { deprecated: draft.deprecated ?? deprecated };
    const promised = draft.kind !== "event" && {
      objective: joinObjectives(draft.objective, draft.kind === "stream" ? ofStreams(objective) : objective),
    };
    members.set(key, Object.freeze({ ...draft, ...old, ...promised, id: `${id}.${key}` }) as AnyMember);
  }
  checkFormerNames(members, place);
  bindCaches(members, new Map(Object.entries(definition).map(([key, draft]) => [draft, key])), place);
  const made = Object.freeze(Object.fromEntries(members)) as unknown as Contract<N, D>;
  facts.set(made as unknown as AnyContract, { id, name, version: definition.version, members });
  return made;
}

/** A message must belong to one member by its type alone. */
function checkFormerNames(members: ReadonlyMap<string, AnyMember>, place: string): void {
  const owners = new Map<string, string>();
  for (const [name, member] of members) {
    if (member.kind !== "event") continue;
    for (const former of new Set(member.earlier.flatMap((entry) => entry.name ?? []))) {
      if (former === name) continue;
      const other = members.has(former) ? former : owners.get(former);
      owners.set(former, name);
      if (other !== undefined)
        refuse(
          `${place}.${name}.earlier`,
          `says that it was called "${former}", which is a name of ${other}`,
          "let one member only have had that name",
        );
    }
  }
}

/** The ids that messages of an event have, or had under earlier names: that of today first. */
export function typesOf(event: AnyEvent): readonly string[] {
  const contractId = contractIdOf(event.id);
  const former = event.earlier.flatMap(({ name }) => (name === undefined ? [] : [`${contractId}.${name}`]));
  return [...new Set([event.id, ...former])];
}

function readDraft(key: string, value: unknown, place: string): AnyMember {
  const draft = value as AnyMember | null;
  if (
    typeof draft !== "object" ||
    (draft?.kind !== "query" &&
      draft?.kind !== "command" &&
      draft?.kind !== "event" &&
      draft?.kind !== "stream")
  )
    return refuse(place, "is no member", "members are made by query(), command(), event() or stream()");
  if (!namePattern.test(key))
    refuse(place, "the name is not a camelCase word of at most 40 letters and digits", "rename it");
  if (draft.id !== "")
    refuse(
      place,
      `is already the member ${draft.id}`,
      "declare a member of its own with query(), command(), event() or stream()",
    );
  checkMember(draft, place);
  return draft;
}

/** Tells whether a value was made by {@link contract}. */
export function isContract(value: unknown): value is AnyContract {
  return facts.has(value as AnyContract);
}

/** The facts of a contract. @throws DeclarationError where `value` was not made by {@link contract}. */
export function describe(value: AnyContract): ContractFacts {
  return (
    facts.get(value) ?? refuse("a contract", "was not made by contract()", "export what contract() returns")
  );
}

/** `"inventory@1"` of `"inventory@1.reserve"`. */
export function contractIdOf(memberId: string): string {
  return memberId.slice(0, memberId.indexOf("."));
}

/** `"inventory"` of `"inventory@1.reserve"` or `"inventory@1"`. */
export function serviceNameOf(id: string): string {
  return id.slice(0, id.indexOf("@"));
}

/** `"reserve"` of `"inventory@1.reserve"`. */
export function memberNameOf(memberId: string): string {
  return memberId.slice(memberId.indexOf(".") + 1);
}

export type { AnyCommand, AnyEvent, AnyMember, AnyQuery };
