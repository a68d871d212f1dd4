import type { AnyContract, IdOf } from "./contract.ts";
import type { Duration } from "./duration.ts";
import type { DeclaredError, StatusError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { AnyCommand, AnyEvent, AnyQuery, Input, Output, Received } from "./members.ts";
import { refuse } from "./refuse.ts";
import { fieldNames, type Given, type Schema, type Taken } from "./schema.ts";
import { checkUses } from "./uses.ts";

type Within<
  M extends { readonly id: string },
  Uses extends string,
  Kind extends string,
> = M["id"] extends `${Uses}.${string}`
  ? M extends { readonly kind: Kind }
    ? M
    : `${M["id"]} is not a ${Kind}.`
  : `${M["id"]} is of a contract that is not in uses: add it there.`;

/** How a step that is followed by another can be taken back, or that it never needs to be. */
export type StepOptions<M extends AnyCommand, U extends AnyCommand> =
  | {
      readonly undo: readonly [undo: U, input: Input<U> | ((output: Output<M>) => Input<U>)];
      readonly final?: undefined;
    }
  | { readonly undo?: undefined; /** From here the saga only goes forward. */ readonly final: true }
  | { readonly undo?: undefined; readonly final?: undefined };

/**
 * One command of the saga. Its outcome is recorded: after a crash it is not run again. Only errors that the contract
 * declares are thrown here; anything else is tried again with the same id, then the saga is undone.
 */
export interface Step<in Uses extends string> {
  <M extends AnyCommand, U extends AnyCommand = never>(
    name: string,
    member: Within<M, Uses, "command">,
    input: Input<M>,
    options?: StepOptions<M, U>,
  ): Promise<Output<M>>;
}

/** A query whose answer is recorded, so that the saga takes the same way when it resumes. */
export interface Ask<in Uses extends string> {
  <M extends AnyQuery>(name: string, member: Within<M, Uses, "query">, input: Input<M>): Promise<Output<M>>;
}

/** What a saga is given. Everything that could differ on a second run is recorded. */
export interface SagaContext<in Uses extends string, out Waits extends AnyEvent = AnyEvent> {
  readonly id: string;
  readonly step: Step<Uses>;
  readonly ask: Ask<Uses>;
  /** Waits, durably. Over 10 s the saga leaves memory. */
  sleep(name: string, time: Duration): Promise<void>;
  /** The next event of this saga's mailbox, or undefined when `within` has passed. Declared in `waits`. */
  waitFor<E extends Waits>(
    name: string,
    event: E,
    options: { readonly within: Duration },
  ): Promise<Received<E> | undefined>;
  /** Several branches at once. Waits for every one, and then undoes in reverse of start where one failed. */
  all<T extends readonly (() => Promise<unknown>)[]>(
    branches: T,
  ): Promise<{ -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> }>;
  /** ISO 8601. */
  now(): Promise<string>;
  uuid(): Promise<string>;
  /** From 0 up to 1. */
  random(): Promise<number>;
  readonly log: Log;
}

/** Why a saga was undone. */
export interface Refusal<I> {
  readonly id: string;
  readonly input: I;
  readonly error: DeclaredError | StatusError;
}

interface SagaSpec<I extends Schema, U extends readonly AnyContract[], W extends AnyEvent> {
  readonly version: number;
  readonly input: I;
  readonly uses: U;
  /** Events that may be waited for, each with the field that holds the saga's id. Kept from the saga's start. */
  readonly waits?: readonly { readonly event: W; readonly correlate: keyof Received<W> & string }[];
  run(input: Taken<I>, context: SagaContext<IdOf<U[number]>, W>): Promise<void>;
  /** Runs after everything is undone. */
  refused?(refusal: Refusal<Taken<I>>, context: SagaContext<IdOf<U[number]>, W>): Promise<void>;
  /** Earlier versions of `run`, for instances that were started by them. */
  readonly older?: {
    readonly [version: number]: (input: Taken<I>, context: SagaContext<IdOf<U[number]>, W>) => Promise<void>;
  };
}

declare const inputOf: unique symbol;

/** A durable business transaction over several services. Made by {@link saga}. */
export interface Saga<N extends string, I extends Schema> {
  readonly name: N;
  readonly [inputOf]?: I;
}

export type AnySaga = Saga<string, any>;
export type SagaInput<S> = S extends Saga<string, infer I> ? Given<I> : never;

/** The parts of a saga, for the runtime. */
export interface SagaFacts {
  readonly name: string;
  readonly version: number;
  readonly input: Schema;
  readonly uses: readonly AnyContract[];
  readonly waits: readonly { readonly event: AnyEvent; readonly correlate: string }[];
  /** By version; the newest is `version`. */
  readonly runs: ReadonlyMap<number, (input: any, context: any) => Promise<void>>;
  readonly refused: ((refusal: Refusal<any>, context: any) => Promise<void>) | undefined;
}

const facts = new WeakMap<AnySaga, SagaFacts>();

/**
 * Declares a saga; list it under `sagas` of the service that owns it.
 * @throws DeclarationError for a bad name or version, an input that is no object, or a `waits` without its field
 */
export function saga<
  const N extends string,
  I extends Schema,
  const U extends readonly AnyContract[],
  W extends AnyEvent = never,
>(name: N, spec: SagaSpec<I, U, W>): Saga<N, I> {
  const place = `saga("${name}")`;
  if (!/^[a-z][a-zA-Z0-9 -]{0,59}$/.test(name))
    refuse(place, "the name is not a word of at most 60 letters and digits", "rename it");
  if (!Number.isSafeInteger(spec.version) || spec.version < 1)
    refuse(place, `version ${String(spec.version)} is not a whole number from 1`, "start at version: 1");
  if (fieldNames(spec.input) === undefined) refuse(place, "its input is not a z.object()", "give it one");
  const older = Object.keys(spec.older ?? {}).map(Number);
  for (const version of older) {
    if (!Number.isInteger(version) || version < 1 || version >= spec.version)
      refuse(
        place,
        `older[${version}] is not older than version ${spec.version}`,
        "raise `version` when `run` changes",
      );
  }
  for (const run of [spec.run, ...Object.values(spec.older ?? {})])
    if (typeof run !== "function")
      refuse(place, "has a run that is not a function", "write async run(input, { step }) {…}");
  if (spec.refused !== undefined && typeof spec.refused !== "function")
    refuse(
      place,
      "has a refused that is not a function",
      "write async refused({ input, error }, { step }) {…}",
    );
  checkUses(spec.uses, place);
  for (const wait of spec.waits ?? []) checkWait(wait, place);
  const runs = new Map<number, SagaFacts["runs"] extends ReadonlyMap<number, infer R> ? R : never>();
  for (const version of older) runs.set(version, spec.older![version]!);
  runs.set(spec.version, (input, context) => spec.run(input, context));
  const made = Object.freeze({ name }) as Saga<N, I>;
  facts.set(made, {
    name,
    version: spec.version,
    input: spec.input,
    uses: spec.uses,
    waits: (spec.waits ?? []) as SagaFacts["waits"],
    runs,
    refused: spec.refused ? (refusal, context) => spec.refused!(refusal, context) : undefined,
  });
  return made;
}

function checkWait({ event, correlate }: { event: AnyEvent; correlate: string }, place: string): void {
  if (event?.kind !== "event" || event.id === "")
    refuse(
      `${place}.waits`,
      "names what is not an event of a contract",
      "name events, such as payments.settled",
    );
  const fields = fieldNames(event.data) ?? [];
  if (!fields.includes(correlate))
    refuse(
      `${place}.waits`,
      `"${correlate}" is not a field of ${event.id}`,
      `correlate by one of: ${fields.join(", ")}`,
    );
}

/** The parts of a saga. @throws DeclarationError where `value` was not made by {@link saga}. */
export function sagaFacts(value: AnySaga): SagaFacts {
  return facts.get(value) ?? refuse("a saga", "was not made by saga()", "list what saga() returns");
}
