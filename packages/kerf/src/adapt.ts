import type { Mapping } from "./adapt-types.ts";
import {
  describe,
  isContract,
  memberNameOf,
  type AnyContract,
  type ContractFacts,
  type IdOf,
} from "./contract.ts";
import { statusNumbers, type StatusCode } from "./errors.ts";
import type { AnyCommand, AnyEvent, AnyMember, AnyQuery } from "./members.ts";
import { nearest } from "./nearest.ts";
import { refuse } from "./refuse.ts";
import { knownKeys } from "./service-checks.ts";
import type { AnyStream } from "./stream.ts";

type Callable = AnyQuery | AnyCommand | AnyStream;

declare const towards: unique symbol;

/** How a service of one version of a contract serves an older one too. Made by {@link adapt}. */
export interface Adapter<out Current extends string = string> {
  readonly older: AnyContract;
  readonly current: AnyContract;
  /** Its queries and commands, by their old names. */
  readonly calls: ReadonlyMap<string, AdaptedCall>;
  /** Its streams, by their old names: `output` is of each answer. */
  readonly streams: ReadonlyMap<string, AdaptedCall<AnyStream>>;
  /** Its events, by their old names. */
  readonly events: ReadonlyMap<string, AdaptedEvent>;
  readonly [towards]?: Current;
}

/** An old query, command or stream, carried out by one of today. Functions are absent where nothing needs doing. */
export interface AdaptedCall<M extends Callable = AnyQuery | AnyCommand> {
  readonly older: M;
  readonly current: M;
  readonly input: ((old: any) => unknown) | undefined;
  readonly output: ((current: any, old: any) => unknown) | undefined;
  /** By codes of today. */
  readonly errors: {
    readonly [code: string]: StatusCode | ((data: any) => { readonly code: string; readonly data: unknown });
  };
}

/** An old event, stated whenever one of today is; or the reason why it is not any more. */
export type AdaptedEvent =
  | { readonly older: AnyEvent; readonly never: string }
  | {
      readonly older: AnyEvent;
      readonly current: AnyEvent;
      readonly data: ((current: any) => unknown) | undefined;
      readonly never?: undefined;
    };

/**
 * Lets a service that implements `current` serve `older`, an earlier version of the same contract, as well. List it under
 * `older` of the service. An entry of `mapping` says what an old member is today; one with the same name and shape needs
 * none:
 *
 * - `now`: its name today, where that is another
 * - `input(old)`: what it is asked with today, and `output(current, old)`: what the old version answers, of a stream each time
 * - `errors`: for each code that the old version does not have, an old error as `(data) => ({ code, data })` or a status
 * - `data(current)`, of an event: what the old version states when the event of today is stated; nothing for undefined
 * - `never: "reason"`, of an event: it is not stated any more, and a service that still reacts to it does not start
 *
 * The functions are pure: they may run more than once.
 * @throws DeclarationError for contracts that are not two versions of one, and for a mapping that is missing or wrong
 */
export function adapt<const O extends AnyContract, const N extends AnyContract>(
  older: O,
  current: N,
  mapping: Mapping<O, N>,
): Adapter<IdOf<N>> {
  const [from, to] = [older, current].map((each) => {
    if (!isContract(each))
      refuse("adapt(…)", "was given what is not a contract", "give it two that contract() returned");
    return describe(each);
  }) as [ContractFacts, ContractFacts];
  const place = `adapt(${from.id}, ${to.id})`;
  if (from.name !== to.name || from.version >= to.version)
    refuse(
      place,
      "the first is no earlier version of the second",
      "give two versions of one contract, the old one first",
    );
  const given = (mapping ?? {}) as { readonly [member: string]: Given | undefined };
  for (const key of Object.keys(given)) {
    if (from.members.has(key)) continue;
    const meant = nearest(key, [...from.members.keys()]);
    refuse(
      `${place}.${key}`,
      `${from.id} has no such member`,
      meant ? `did you mean "${meant}"` : "remove it",
    );
  }
  const calls = new Map<string, AdaptedCall>();
  const streams = new Map<string, AdaptedCall<AnyStream>>();
  const events = new Map<string, AdaptedEvent>();
  for (const [name, member] of from.members) {
    const entry = given[name] ?? {};
    const at = `${place}.${name}`;
    if (member.kind === "stream") streams.set(name, adaptCall(member, entry, to, at));
    else if (member.kind === "event") events.set(name, adaptEvent(member, entry, to, at));
    else calls.set(name, adaptCall(member, entry, to, at));
  }
  return Object.freeze({ older, current, calls, streams, events });
}

interface Given {
  readonly now?: unknown;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly errors?: unknown;
  readonly data?: unknown;
  readonly never?: unknown;
}

function adaptCall<M extends Callable>(
  older: M,
  entry: Given,
  to: ContractFacts,
  place: string,
): AdaptedCall<M> {
  knownKeys(entry, ["now", "input", "output", "errors"], place);
  const current = today(older, entry, to, place) as M;
  const errors = (entry.errors ?? {}) as AdaptedCall["errors"];
  knownKeys(errors, Object.keys(current.errors), `${place}.errors`);
  for (const [code, means] of Object.entries(errors))
    if (typeof means !== "function" && !Object.hasOwn(statusNumbers, means))
      refuse(
        `${place}.errors.${code}`,
        "is neither a function nor a status",
        'write (data) => ({ code, data }), or "NOT_FOUND"',
      );
  for (const code of Object.keys(current.errors))
    if (!Object.hasOwn(older.errors, code) && !Object.hasOwn(errors, code))
      refuse(`${place}.errors`, `does not say what "${code}" of today was`, `add errors: { ${code}: … }`);
  return {
    older,
    current,
    input: functionOf(entry.input, `${place}.input`),
    output: functionOf(entry.output, `${place}.output`),
    errors,
  };
}

function adaptEvent(older: AnyEvent, entry: Given, to: ContractFacts, place: string): AdaptedEvent {
  knownKeys(entry, ["now", "data", "never"], place);
  if (entry.never !== undefined) {
    if (typeof entry.never !== "string" || entry.never.trim() === "")
      refuse(`${place}.never`, "gives no reason", "say why it is not stated any more");
    return { older, never: entry.never };
  }
  const current = today(older, entry, to, place) as AnyEvent;
  return { older, current, data: functionOf(entry.data, `${place}.data`) };
}

/** The member that an old one is today. */
function today(older: AnyMember, entry: Given, to: ContractFacts, place: string): AnyMember {
  const name = entry.now ?? memberNameOf(older.id);
  const current = to.members.get(String(name));
  if (current?.kind === older.kind) return current;
  const others = [...to.members].filter(([, member]) => member.kind === older.kind).map(([key]) => key);
  const problem = current
    ? `${current.id} is of the kind ${current.kind}`
    : `${to.id} has no ${older.kind} "${String(name)}"`;
  return refuse(
    place,
    problem,
    `say what it is now: { now: … }, one of ${others.join(", ") || "(there is none)"}`,
  );
}

function functionOf(value: unknown, place: string): ((...args: any[]) => unknown) | undefined {
  if (value === undefined || typeof value === "function") return value as any;
  return refuse(place, "is not a function", "write one");
}

/** Checks the list of a service. @throws DeclarationError */
export function checkOlder(given: unknown, contract: AnyContract, place: string): readonly Adapter[] {
  const list = given ?? [];
  if (!Array.isArray(list)) refuse(place, "is not a list", "list what adapt() returns");
  const seen = new Set<string>();
  for (const adapter of list as readonly Adapter[]) {
    if (!isContract(adapter?.older) || !(adapter.calls instanceof Map))
      refuse(place, "lists what is not an adapter", "list what adapt() returns");
    const { id } = describe(adapter.older);
    if (adapter.current !== contract)
      refuse(place, `adapts ${id} to another contract`, `adapt it to ${describe(contract).id} at once`);
    if (seen.has(id)) refuse(place, `adapts ${id} twice`, "remove one of them");
    seen.add(id);
  }
  return list as readonly Adapter[];
}

/** The contracts that a service serves: its own, and the older versions that it adapts. */
export function contractsServed(definition: {
  readonly contract: AnyContract;
  readonly older: readonly Adapter[];
}): readonly AnyContract[] {
  return [definition.contract, ...definition.older.map(({ older }) => older)];
}
