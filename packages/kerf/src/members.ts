import { z } from "zod";
import type { AccessRule } from "./access.ts";
import { readCache, type CachePlan, type CacheSpec } from "./cache.ts";
import { readDeprecated, type DeprecatedSpec, type Deprecation } from "./deprecated.ts";
import {
  readEarlier,
  type EarlierData,
  type EarlierInput,
  type EarlierVersion,
  type Versions,
} from "./earlier.ts";
import type { AnyEvent, Event } from "./event.ts";
import type { Limit } from "./limit.ts";
import { readObjective, type Objective, type ObjectiveSpec } from "./objective.ts";
import { refuse } from "./refuse.ts";
import { fieldNames, type ErrorSchemas, type Given, type Schema, type Taken } from "./schema.ts";
import type { AnyStream } from "./stream.ts";

export type { AnyEvent, Event };

/** `"GET /stock/:sku"`: the route at the gateway, below `/v<version>`. */
export type HttpRoute = `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`;

/** A route must say who may use it. */
type Exposure =
  | { readonly http: HttpRoute; readonly access: AccessRule }
  | { readonly http?: undefined; readonly access?: AccessRule };

/** A question: changes nothing, may be retried. `Id` is `"inventory@1.stock"` and leads every compiler message. */
export interface Query<Id extends string, I extends Schema, O extends Schema, E extends ErrorSchemas> {
  readonly kind: "query";
  readonly id: Id;
  readonly input: I;
  readonly output: O;
  readonly errors: E;
  readonly http: HttpRoute | undefined;
  readonly access: AccessRule | undefined;
  readonly limit: Limit | undefined;
  readonly deprecated: Deprecation | undefined;
  readonly objective: Objective | undefined;
  readonly cache: CachePlan | undefined;
  readonly description: string | undefined;
}

/** An order: changes the data of one service in one transaction. Carries an id, so repeating it is safe. */
export interface Command<Id extends string, I extends Schema, O extends Schema, E extends ErrorSchemas> {
  readonly kind: "command";
  readonly id: Id;
  readonly input: I;
  readonly output: O;
  readonly errors: E;
  readonly http: HttpRoute | undefined;
  readonly access: AccessRule | undefined;
  readonly limit: Limit | undefined;
  readonly deprecated: Deprecation | undefined;
  readonly objective: Objective | undefined;
  readonly description: string | undefined;
  readonly isolation: "read committed" | "serializable";
  /** Of its input: orders that were sent carry it. */
  readonly version: number;
  readonly earlier: readonly EarlierVersion[];
}

export type AnyQuery = Query<string, Schema, Schema, ErrorSchemas>;
export type AnyCommand = Command<string, Schema, Schema, ErrorSchemas>;
export type AnyMember = AnyQuery | AnyCommand | AnyEvent | AnyStream;

/** A caller gives this. */
export type Input<M> = M extends { readonly input: infer I } ? Given<I> : never;
/** A caller gets this. */
export type Output<M> = M extends { readonly output: infer O } ? Taken<O> : never;
/** A handler is given this (defaults applied). */
export type HandlerInput<M> = M extends { readonly input: infer I } ? Taken<I> : never;
/** A handler returns this. */
export type HandlerOutput<M> = M extends { readonly output: infer O } ? Given<O> : never;
/** An emitter gives this. */
export type Data<M> = M extends { readonly data: infer D } ? Given<D> : never;
/** A subscriber is given this. */
export type Received<M> = M extends { readonly data: infer D } ? Taken<D> : never;
/** The codes of a member's declared errors. */
export type ErrorCode<M> = M extends { readonly errors: infer E } ? keyof E & string : never;

type NoErrors = Record<never, never>;
type Nothing = z.ZodObject<NoErrors>;

interface CallSpec<I extends Schema, O extends Schema, E extends ErrorSchemas> {
  /** Shape of the input; an empty object where absent. */
  readonly input?: I;
  /** Shape of the reply; an empty object where absent. */
  readonly output?: O;
  /** Errors that the caller can match, by code. */
  readonly errors?: E;
  readonly description?: string;
  /** How often one caller may ask at the gateway: counted for this member alone, beside what the app sets for all. */
  readonly limit?: Limit;
  /** It is to go: callers are told. Of all members where the contract says it. */
  readonly deprecated?: DeprecatedSpec;
  /** What it promises its callers; of what it does not say the contract's holds. */
  readonly objective?: ObjectiveSpec;
}

/** Declares a question. See {@link Query}. */
export function query<
  I extends Schema = Nothing,
  O extends Schema = Nothing,
  E extends ErrorSchemas = NoErrors,
>(spec: CallSpec<I, O, E> & Exposure & { readonly cache?: CacheSpec<I> }): Query<"", I, O, E> {
  const made = shapes(spec);
  return { kind: "query", id: "", ...made, cache: readCache(spec.cache, made) };
}

/**
 * Declares an order. `isolation` defaults to READ COMMITTED. `earlier` says how orders are read that were sent before its
 * input changed: `earlier: { 1: { input: Old, to: (old) => ({ … }) } }`. See {@link Command}.
 */
export function command<
  I extends Schema = Nothing,
  O extends Schema = Nothing,
  E extends ErrorSchemas = NoErrors,
  const X extends Versions = NoErrors,
>(
  spec: CallSpec<I, O, E> &
    Exposure & {
      readonly isolation?: "read committed" | "serializable";
      readonly earlier?: EarlierInput<X, I>;
    },
): Command<"", I, O, E> {
  const earlier = readEarlier(spec.earlier, "input");
  return {
    kind: "command",
    id: "",
    isolation: spec.isolation ?? "read committed",
    version: earlier.length + 1,
    earlier,
    ...shapes(spec),
  };
}

/**
 * Declares a fact. `key` names the field of `data` whose value orders events. `earlier` says how messages are read that
 * were stated before its data or name changed: `earlier: { 1: { data: Old, to: (old) => ({ … }) } }`.
 */
export function event<D extends Schema, const X extends Versions = NoErrors>(spec: {
  readonly data: D;
  readonly key: keyof Taken<D> & string;
  readonly description?: string;
  readonly earlier?: EarlierData<X, D>;
}): Event<"", D> {
  if (!(fieldNames(spec.data) ?? [spec.key]).includes(spec.key)) {
    refuse(
      `event({ key: "${spec.key}" })`,
      `"${spec.key}" is not a field of its data`,
      "name a required field of `data` as `key`",
    );
  }
  const earlier = readEarlier(spec.earlier, "data");
  return {
    kind: "event",
    id: "",
    data: spec.data,
    key: spec.key,
    description: spec.description,
    version: earlier.length + 1,
    earlier,
  };
}

function shapes<I extends Schema, O extends Schema, E extends ErrorSchemas>(
  spec: CallSpec<I, O, E> & Exposure,
) {
  return {
    input: spec.input ?? (z.object({}) as unknown as I),
    output: spec.output ?? (z.object({}) as unknown as O),
    errors: spec.errors ?? ({} as E),
    http: spec.http,
    access: spec.access,
    limit: spec.limit,
    deprecated: readDeprecated(spec.deprecated, "deprecated"),
    objective: readObjective(spec.objective, "objective"),
    description: spec.description,
  };
}
