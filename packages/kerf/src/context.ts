import type { Actor, Caller, Via } from "./access.ts";
import type { AnyContract, IdOf } from "./contract.ts";
import type { DeclaredError } from "./errors.ts";
import type { Gather } from "./gather.ts";
import type { Log } from "./log.ts";
import type { AnyCommand, AnyEvent, AnyQuery, Data, ErrorCode, Input, Output } from "./members.ts";
import type { AnySaga, SagaInput } from "./saga.ts";
import type { Given } from "./schema.ts";
import type { Sql } from "./sql.ts";

declare const permits: unique symbol;

/** What every handler is given. */
export interface Always {
  /**
   * Aborts when the deadline has passed or the caller went away; of a reaction or schedule, also when the unit drains:
   * calls that are in flight then are finished.
   */
  readonly signal: AbortSignal;
  readonly caller: Caller;
  readonly actor: Actor | undefined;
  readonly via: Via;
  readonly log: Log;
  /** Asks for several parts at once, and does without those that it can. */
  readonly gather: Gather;
}

/** Options of one call. */
export interface CallOptions {
  /** At most this long; never longer than what is left of the caller's own deadline. Default 2,000. */
  readonly timeoutMs?: number;
  /** The id of a command. Derived from the caller's id and the member where absent. */
  readonly id?: string;
  /** Gives up early. */
  readonly signal?: AbortSignal;
}

type Within<M extends { readonly id: string }, Uses extends string> = M["id"] extends `${Uses}.${string}`
  ? true
  : false;

type Callable<M extends AnyQuery | AnyCommand, Uses extends string, Kind extends string> =
  Within<M, Uses> extends true
    ? M["kind"] extends Kind
      ? M
      : `${M["id"]} is a command: a handler that owns a transaction may call queries only. Use send(), or a saga.`
    : `${M["id"]} is of a contract that is not in uses: add it there.`;

/**
 * Asks another service, now. Bounded by the caller's deadline, retried within a budget.
 * @throws DeclaredError an error that the contract declares
 * @throws StatusError anything else
 */
export interface Call<Uses extends string, Kind extends string> {
  /** Only for the compiler: without it a helper could ask for a wider `call` than its caller holds. */
  readonly [permits]?: (uses: Uses, kind: Kind) => void;
  <M extends AnyQuery | AnyCommand>(
    member: Callable<M, Uses, Kind>,
    input: Input<M>,
    options?: CallOptions,
  ): Promise<Output<M>>;
}

type Emittable<M extends AnyEvent, Own extends string> =
  Within<M, Own> extends true
    ? M
    : `${M["id"]} is another service's event: a service states its own facts only.`;

/** States a fact. It leaves if and only if the transaction commits. */
export interface Emit<in Own extends string> {
  <M extends AnyEvent>(event: Emittable<M, Own>, data: Data<M>): void;
}

type Sendable<M extends AnyCommand, Uses extends string> =
  Within<M, Uses> extends true ? M : `${M["id"]} is of a contract that is not in uses: add it there.`;

export interface SendOptions {
  /** Makes sending it twice harmless. Made where absent. */
  readonly id?: string;
  /** Orders sent with one key arrive in order. The id where absent: no order. */
  readonly key?: string;
}

/** What a command that is named by `onRefused` is given: of these fields, those that its input has. */
export interface SendRefusal<M extends AnyCommand> {
  /** Of the order. */
  readonly id: string;
  /** Of the declared error that it ended in. */
  readonly code: ErrorCode<M>;
  /** Of that error. */
  readonly data: any;
  /** Of the order. */
  readonly input: Input<M>;
}

type Told<M extends AnyCommand, R extends AnyCommand> =
  SendRefusal<M> extends Input<R>
    ? R
    : `the input of ${R["id"]} asks for more than { id, code, data, input }.`;

/**
 * Orders something for later, in effect exactly once. It leaves if and only if the transaction commits. A declared error
 * is final: `onRefused`, a command of this service, is then told of it, once.
 */
export interface Send<in Uses extends string> {
  <M extends AnyCommand, R extends AnyCommand = AnyCommand>(
    command: Sendable<M, Uses>,
    input: Input<M>,
    options?: SendOptions & { readonly onRefused?: Told<M, R> },
  ): void;
}

/** Starts a saga of this service, if and only if the transaction commits. The same `id` again does nothing. */
export interface Start {
  <S extends AnySaga>(saga: S, input: SagaInput<S>, options: { readonly id: string }): void;
}

/** Makes a declared error, to be thrown: `throw fail("OutOfStock", { sku })`. */
export interface Fail<M> {
  <C extends ErrorCode<M>>(
    code: C,
    data: M extends { readonly errors: infer E } ? (C extends keyof E ? Given<E[C]> : never) : never,
  ): DeclaredError;
}

/** What a service needs, as types: from the second argument of `service`. */
export interface NeedsSpec {
  /** Its own database. `migrations` is a folder of `NNNN_name.sql` files. */
  readonly database?: { readonly migrations: URL };
  /** The contracts whose queries it may call and to whose commands it may send: also its permission to. */
  readonly uses?: readonly AnyContract[];
  /** Its settings: `KERF_<SERVICE>_<NAME>`, checked at start. */
  readonly settings?: import("zod").ZodObject;
}

export type UsesOf<N> = N extends { readonly uses: readonly (infer C extends AnyContract)[] }
  ? IdOf<C>
  : never;
export type HasDatabase<N> = N extends { readonly database: object } ? true : false;
type SettingsOf<N> = N extends { readonly settings: infer S }
  ? { readonly settings: import("./schema.ts").Taken<S> }
  : {};
type Database<N> = HasDatabase<N> extends true ? { readonly sql: Sql } : {};

/** What a query's handler is given. */
export type QueryContext<N, M> = Always &
  SettingsOf<N> &
  Database<N> & { readonly call: Call<UsesOf<N>, "query">; readonly fail: Fail<M> };

/** What the handler of a command is given: with a database it may call queries only, and may `emit`, `send`, `start`. */
export type CommandContext<N, M, Own extends string> = Always &
  SettingsOf<N> & {
    readonly fail: Fail<M>;
    /** The command's id: an idempotency key for the outside world. */ readonly id: string;
  } & (HasDatabase<N> extends true
    ? Effects<N, Own>
    : { readonly call: Call<UsesOf<N>, "query" | "command"> });

/** What a reaction or a scheduled run is given. Only a service with a database has any: the others have no inbox. */
export type ReactionContext<N, Own extends string> = Always &
  SettingsOf<N> &
  Effects<N, Own> & {
    /** The id of the event or slot: an idempotency key for the outside world. */
    readonly id: string;
  };

interface Effects<N, Own extends string> {
  readonly sql: Sql;
  readonly call: Call<UsesOf<N>, "query">;
  readonly emit: Emit<Own>;
  readonly send: Send<UsesOf<N>>;
  readonly start: Start;
}

/** What the first phase of a two-phase handler is given: it runs outside the transaction, at least once. */
export type PrepareContext<N> = Always &
  SettingsOf<N> & {
    readonly call: Call<UsesOf<N>, "query">;
    /** The idempotency key for the outside world: the same on every try. */
    readonly id: string;
  };
