import type { Always, Call, Fail, HasDatabase, UsesOf } from "./context.ts";
import type { HandlerInput, HandlerOutput, Input, Output } from "./members.ts";
import type { Schema, Taken } from "./schema.ts";
import type { Sql } from "./sql.ts";
import type { AnyStream } from "./stream.ts";

declare const watches: unique symbol;

type Watchable<M extends AnyStream, Uses extends string> = M["id"] extends `${Uses}.${string}`
  ? M
  : `${M["id"]} is of a contract that is not in uses: add it there.`;

/**
 * Asks another service for a stream: `for await (const order of watch(orders.watch, { orderId })) …`. Leaving the loop ends
 * it there too.
 * @throws DeclaredError an error that the contract declares
 * @throws StatusError anything else: UNAVAILABLE where it should be asked again, since its unit ends or its time is over
 */
export interface Watch<Uses extends string> {
  /** Only for the compiler: without it a helper could ask for a wider `watch` than its caller holds. */
  readonly [watches]?: (uses: Uses) => void;
  <M extends AnyStream>(
    member: Watchable<M, Uses>,
    input: Input<M>,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<Output<M>>;
}

/** What reads a service's own database for a stream. A stream lives too long to hold a connection. */
interface Reading {
  /** Runs in a short read-only transaction of its own, 2 s at most. */
  readonly read: <R>(work: (sql: Sql) => Promise<R>) => Promise<R>;
  /**
   * Yields at once, and then after each commit that stated an event of this service with one of the keys (any event where
   * none is given). What comes while the loop is busy is one. What changes without an event is looked at every 30 s.
   */
  readonly changes: (...keys: readonly string[]) => AsyncIterable<void>;
}

/** What the handler of a stream is given. `signal` aborts when the reader left, its time is over, or the unit drains. */
export type StreamContext<N, M> = Always &
  (N extends { readonly settings: infer S extends Schema } ? { readonly settings: Taken<S> } : {}) & {
    readonly call: Call<UsesOf<N>, "query">;
    readonly watch: Watch<UsesOf<N>>;
    readonly fail: Fail<M>;
  } & (HasDatabase<N> extends true ? Reading : {});

/** The handler of one stream: yields each answer. */
export type StreamHandler<M, N> = (
  input: HandlerInput<M>,
  context: StreamContext<N, M>,
) => AsyncIterable<HandlerOutput<M>>;
