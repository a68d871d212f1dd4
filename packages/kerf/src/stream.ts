import { z } from "zod";
import type { Always, Call, Fail, HasDatabase, UsesOf } from "./context.ts";
import type { AccessRule } from "./access.ts";
import type { Limit } from "./limit.ts";
import type { HandlerInput, HandlerOutput, Input, Output } from "./members.ts";
import { refuse } from "./refuse.ts";
import { fieldNames, type ErrorSchemas, type Given, type Schema, type Taken } from "./schema.ts";
import type { Sql } from "./sql.ts";

/** `"GET /orders/:orderId/watch"`: a stream is only ever got. */
export type StreamRoute = `GET /${string}`;

/** How a client that was cut off goes on: `id` is the field that names each answer, `from` the input that takes the last one seen. */
export interface Resume<Id extends string = string, From extends string = string> {
  readonly id: Id;
  readonly from: From;
}

/** A question that is answered many times: changes nothing, and may be asked again where it was cut off. */
export interface Stream<Id extends string, I extends Schema, O extends Schema, E extends ErrorSchemas> {
  readonly kind: "stream";
  readonly id: Id;
  readonly input: I;
  /** Of each answer. */
  readonly output: O;
  readonly errors: E;
  readonly http: StreamRoute | undefined;
  readonly access: AccessRule | undefined;
  readonly limit: Limit | undefined;
  readonly description: string | undefined;
  readonly resume: Resume | undefined;
}

export type AnyStream = Stream<string, Schema, Schema, ErrorSchemas>;

type NoErrors = Record<never, never>;
type Nothing = z.ZodObject<NoErrors>;
type Exposure =
  | { readonly http: StreamRoute; readonly access: AccessRule }
  | { readonly http?: undefined; readonly access?: AccessRule };

/**
 * Declares a question that is answered many times. Its handler is an async generator. `resume` names the field of each
 * answer that tells where the reader is, and the optional field of the input that takes it to go on from there.
 */
export function stream<
  I extends Schema = Nothing,
  O extends Schema = Nothing,
  E extends ErrorSchemas = NoErrors,
>(
  spec: Exposure & {
    readonly input?: I;
    readonly output?: O;
    readonly errors?: E;
    readonly description?: string;
    readonly limit?: Limit;
    readonly resume?: Resume<keyof Taken<O> & string, keyof Given<I> & string>;
  },
): Stream<"", I, O, E> {
  const { http, access, limit, description, resume } = spec;
  const input = spec.input ?? (z.object({}) as unknown as I);
  const output = spec.output ?? (z.object({}) as unknown as O);
  if (resume) checkResume(resume, input, output);
  const errors = spec.errors ?? ({} as E);
  return { kind: "stream", id: "", input, output, errors, http, access, limit, description, resume };
}

function checkResume({ id, from }: Resume, input: Schema, output: Schema): void {
  const mend = "write { id: a field of its output, from: an optional field of its input }";
  if (!(fieldNames(output) ?? [id]).includes(id))
    refuse(`stream({ resume: { id: "${id}" } })`, `"${id}" is not a field of its output`, mend);
  if (!(fieldNames(input) ?? [from]).includes(from))
    refuse(`stream({ resume: { from: "${from}" } })`, `"${from}" is not a field of its input`, mend);
}

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
   * none is given). What comes while the loop is busy is one. What changes without an event is looked at every 15 s.
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
