import { checkOlder, type Adapter } from "./adapt.ts";
import type { AnyContract, ContractFacts, IdOf } from "./contract.ts";
import { describe } from "./contract.ts";
import type {
  CommandContext,
  HasDatabase,
  NeedsSpec,
  PrepareContext,
  QueryContext,
  ReactionContext,
} from "./context.ts";
import { durationMs, type Duration } from "./duration.ts";
import type { AnyEvent, HandlerInput, HandlerOutput, Received } from "./members.ts";
import { refuse } from "./refuse.ts";
import { sagaFacts, type AnySaga } from "./saga.ts";
import type { StreamHandler } from "./stream-context.ts";
import { checkHandlers, checkNeeds, checkReplayable, isHandler, knownKeys } from "./service-checks.ts";
import { unique } from "./unique.ts";

declare const phases: unique symbol;

/** A handler in two phases. Made by {@link twoPhase}. */
export interface TwoPhase<in I, in PrepareCtx, in Ctx, out R> {
  readonly [phases]: (input: I, prepare: PrepareCtx, handle: Ctx) => R;
}

/** The two functions of a {@link TwoPhase}, for the runtime. */
export interface Phases {
  readonly prepare: (input: any, context: any) => Promise<unknown>;
  readonly handle: (input: any, context: any) => Promise<unknown>;
}

/**
 * A command or reaction that touches the outside world. `prepare` runs outside the transaction and at least once, with
 * `id` as the idempotency key: of a command after its intent was committed, of a reaction with the message itself as the
 * intent. `handle` then runs in the transaction with what `prepare` returned (a JSON value) as `prepared`.
 */
export function twoPhase<I, PrepareCtx, P, Ctx, R>(
  prepare: (input: I, context: PrepareCtx) => Promise<P>,
  handle: (input: I, context: Ctx & { readonly prepared: NoInfer<P> }) => Promise<R>,
): TwoPhase<I, PrepareCtx, Ctx, Promise<R>> {
  return { prepare, handle } as unknown as TwoPhase<I, PrepareCtx, Ctx, Promise<R>>;
}

/** The handler of one query, command or stream, for files of its own: `Handler<typeof inventory.reserve, typeof wants>`. */
export type Handler<
  M,
  N,
  Own extends string = M extends { readonly id: `${infer C}.${string}` } ? C : never,
> = M extends { readonly kind: "stream" }
  ? StreamHandler<M, N>
  : M extends {
        readonly kind: "query";
      }
    ? (input: HandlerInput<M>, context: QueryContext<N, M>) => Promise<HandlerOutput<M>>
    :
        | ((input: HandlerInput<M>, context: CommandContext<N, M, Own>) => Promise<HandlerOutput<M>>)
        | (HasDatabase<N> extends true
            ? TwoPhase<
                HandlerInput<M>,
                PrepareContext<N>,
                CommandContext<N, M, Own>,
                Promise<HandlerOutput<M>>
              >
            : never);

type CallableKeys<C> = {
  [K in keyof C]: C[K] extends { readonly kind: "query" | "command" | "stream" } ? K : never;
}[keyof C];

/** A handler for each query, command and stream of the contract. */
export type Handlers<C extends AnyContract, N, K extends keyof C = CallableKeys<C>> = {
  readonly [P in K]: Handler<C[P], N, IdOf<C>>;
};

declare const contextOf: unique symbol;

/** What happens when another service states a fact. Made by {@link on}. */
export interface Reaction<in Ctx> {
  readonly event: AnyEvent;
  readonly run: ((data: any, context: any) => Promise<void>) | Phases;
  readonly from: "now" | "earliest";
  readonly replayable: Replayable | undefined;
  readonly [contextOf]?: (context: Ctx) => void;
}

export interface ReactionOptions {
  /** Where a reaction that is new begins. Default "now". */
  readonly from?: "now" | "earliest";
  readonly replayable?: undefined;
}

/** A read model: tables that hold nothing but what replayable reactions made of events. */
export interface Replayable {
  /** Names without a schema. A replay builds all of them anew, beside the old ones, and then swaps their rows. */
  readonly tables: readonly string[];
}

/** Options of a reaction that past events may be handed to again, by `kerf replay`. */
export interface ReplayableOptions {
  /** Where a reaction that is new begins. Default "now". */
  readonly from?: "now" | "earliest";
  readonly replayable: Replayable;
}

/** What a replayable reaction goes without: what was ordered, started or asked once must not be again. */
export interface WithoutEffects {
  readonly call: never;
  readonly emit: never;
  readonly send: never;
  readonly start: never;
}

/**
 * Reacts to a fact, in a transaction of this service's own database, in effect exactly once and in order per key.
 * A reaction that throws is tried again (0, 50, 100, 250, 500 ms, then 1 s doubling to 2 h) and is a dead letter
 * after 24 h; meanwhile only later events of its key wait.
 *
 * With `replayable` it only fills the tables that it names, which `kerf replay` can then build anew.
 */
export function on<E extends AnyEvent, Ctx>(
  event: E,
  run: (data: Received<E>, context: Ctx & WithoutEffects) => Promise<void>,
  options: ReplayableOptions,
): Reaction<Ctx>;
export function on<E extends AnyEvent, Ctx>(
  event: E,
  run: ((data: Received<E>, context: Ctx) => Promise<void>) | TwoPhase<Received<E>, any, Ctx, Promise<void>>,
  options?: ReactionOptions,
): Reaction<Ctx>;
export function on(
  event: AnyEvent,
  run: unknown,
  options: ReactionOptions | ReplayableOptions = {},
): Reaction<any> {
  const { id } = (event ?? {}) as { readonly id?: string };
  if (event?.kind !== "event" || !id)
    refuse(
      "on(…)",
      `${id ? id : "its first argument"} is not an event of a contract`,
      "name one, such as orders.placed",
    );
  if (!isHandler(run))
    refuse(`on(${id})`, "what it runs is neither a function nor twoPhase(…)", "give it a function");
  if (options.replayable !== undefined) checkReplayable(options.replayable, run, `on(${id}).replayable`);
  return {
    event,
    run: run as Reaction<any>["run"],
    from: options.from ?? "now",
    replayable: options.replayable,
  };
}

/** Something that happens by itself. Made by {@link every}. */
export interface Schedule<in Ctx> {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (context: any) => Promise<void>;
  readonly [contextOf]?: (context: Ctx) => void;
}

/**
 * Runs every so often, on one replica at a time, in a transaction of the service's own database. Missed runs
 * collapse into one. `every("1m", "expire reservations", async ({ sql }) => {…})`
 */
export function every<Ctx>(
  interval: Duration,
  name: string,
  run: (context: Ctx) => Promise<void>,
): Schedule<Ctx> {
  const place = `every("${interval}", "${name}")`;
  if (typeof name !== "string" || name.trim() === "" || name.length > 100)
    refuse(place, "its name is not text of at most 100 characters", "name what it does");
  if (typeof run !== "function") refuse(place, "what it runs is not a function", "give it a function");
  return { name, everyMs: durationMs(interval, place), run };
}

interface Behaviour<C extends AnyContract, N> {
  readonly handle: Handlers<C, N>;
  readonly react?: HasDatabase<N> extends true
    ? readonly Reaction<ReactionContext<N, IdOf<C>>>[]
    : "a service without a database cannot react: it has no inbox";
  readonly schedule?: HasDatabase<N> extends true
    ? readonly Schedule<ReactionContext<N, IdOf<C>>>[]
    : "a service without a database has no schedule: nothing would remember when it ran";
  readonly sagas?: HasDatabase<N> extends true
    ? readonly AnySaga[]
    : "a service without a database has no sagas: nothing would remember their steps";
  /** Earlier versions of its contract that it serves as well: `[adapt(catalogV1, catalog, {…})]`. */
  readonly older?: readonly Adapter<IdOf<C>>[];
}

/** A service as data, for the runtime. Made by {@link service}. */
export interface ServiceDefinition {
  readonly name: string;
  readonly contract: AnyContract;
  readonly needs: NeedsSpec;
  readonly handle: {
    readonly [member: string]: ((input: any, context: any) => Promise<unknown>) | Phases;
  };
  /** Of its streams. */
  readonly streams: { readonly [member: string]: (input: any, context: any) => AsyncIterable<unknown> };
  readonly react: readonly Reaction<any>[];
  readonly schedule: readonly Schedule<any>[];
  readonly sagas: readonly AnySaga[];
  /** Earlier versions of the contract that are served as well. */
  readonly older: readonly Adapter[];
}

/** Names what a service needs, so that a handler in a file of its own can be typed by it. */
export function needs<const N extends NeedsSpec>(spec: N): N {
  return spec;
}

/**
 * Declares a service in three arguments: what it is, what it needs, what it does.
 * @throws DeclarationError for a missing or unknown handler, needs or behaviour; two reactions to one event; two
 *   schedules or sagas of a name; two phases, reactions, schedules or sagas without a database
 */
export function service<const C extends AnyContract, const N extends NeedsSpec>(
  contract: C,
  wants: N,
  behaviour: Behaviour<C, N>,
): ServiceDefinition {
  const facts = describe(contract);
  const place = `service(${facts.name})`;
  checkNeeds(wants, place);
  if (typeof behaviour !== "object" || behaviour === null)
    refuse(place, "its third argument is not what it does", "give { handle: {…} }");
  knownKeys(behaviour, ["handle", "react", "schedule", "sagas", "older"], place);
  checkHandlers(facts, (behaviour.handle ?? {}) as ServiceDefinition["handle"], wants, place);
  const { handle, streams } = byKind(facts, (behaviour.handle ?? {}) as never);
  const react = (behaviour.react ?? []) as readonly Reaction<any>[];
  const schedule = (behaviour.schedule ?? []) as readonly Schedule<any>[];
  const sagas = (behaviour.sagas ?? []) as readonly AnySaga[];
  if (!wants.database && react.length + schedule.length + sagas.length > 0)
    refuse(
      place,
      "reacts, schedules or has sagas, but has no database to remember them in",
      "give it a database",
    );
  for (const reaction of react)
    if (reaction?.event?.kind !== "event")
      refuse(`${place}.react`, "lists what is not a reaction", "list what on() returns");
  for (const each of schedule)
    if (typeof each?.everyMs !== "number")
      refuse(`${place}.schedule`, "lists what is not a schedule", "list what every() returns");
  unique(
    react.map((reaction) => reaction.event.id),
    `${place}.react`,
    "merge the two reactions",
  );
  unique(
    schedule.map((each) => each.name),
    `${place}.schedule`,
    "give each schedule a name of its own",
  );
  unique(
    sagas.map((each) => sagaFacts(each).name),
    `${place}.sagas`,
    "give each saga a name of its own",
  );
  const older = checkOlder(behaviour.older, contract, `${place}.older`);
  return Object.freeze({
    name: facts.name,
    contract,
    needs: wants,
    handle,
    streams,
    react,
    schedule,
    sagas,
    older,
  });
}

/** Streams stand among the handlers of a service, and run otherwise. */
function byKind(
  facts: ContractFacts,
  given: { readonly [member: string]: never },
): Pick<ServiceDefinition, "handle" | "streams"> {
  const isStream = (name: string): boolean => facts.members.get(name)?.kind === "stream";
  const all = Object.entries(given);
  return {
    handle: Object.fromEntries(all.filter(([name]) => !isStream(name))),
    streams: Object.fromEntries(all.filter(([name]) => isStream(name))),
  };
}
