import type { StatusCode } from "./errors.ts";
import type {
  AnyCommand,
  AnyEvent,
  AnyQuery,
  Data,
  ErrorCode,
  HandlerInput,
  HandlerOutput,
  Input,
  Output,
  Received,
} from "./members.ts";
import type { Given, Taken } from "./schema.ts";
import type { AnyStream } from "./stream.ts";

/** The names of a contract's members of these kinds. */
type Names<C, Kind> = { [K in keyof C]: C[K] extends { readonly kind: Kind } ? K : never }[keyof C] & string;

type KindOf<M> = M extends { readonly kind: infer K } ? K : never;

/** Whether a value can be taken as it is, with none of its fields lost at the top. */
type Fits<From, To> = [From] extends [To] ? (keyof From extends keyof To ? true : false) : false;

/** Whether all that is asked for is there; what is more is dropped. */
type Fills<From, To> = [From] extends [To] ? (keyof To extends keyof From ? true : false) : false;

/** An option that need not be given where `Free` is true. */
type Part<Free, Name extends string, F> = Free extends true
  ? { readonly [K in Name]?: F }
  : { readonly [K in Name]: F };

/** What a declared error of today is to those who know the old version only. */
export type OldFailure<O> = O extends { readonly errors: infer E }
  ? {
      [K in ErrorCode<O>]: K extends keyof E ? { readonly code: K; readonly data: Given<E[K]> } : never;
    }[ErrorCode<O>]
  : never;

type ErrorData<M, C> = M extends { readonly errors: infer E }
  ? C extends keyof E
    ? Taken<E[C]>
    : never
  : never;
type ErrorGiven<M, C> = M extends { readonly errors: infer E }
  ? C extends keyof E
    ? Given<E[C]>
    : never
  : never;

/** Codes of today that the old version does not have, or has with other data. */
type Unknown<O, N> = {
  [C in ErrorCode<N>]: C extends ErrorCode<O>
    ? Fills<ErrorData<N, C>, ErrorGiven<O, C>> extends true
      ? never
      : C
    : C;
}[ErrorCode<N>];

type ErrorMap<O, N> = {
  readonly [C in Unknown<O, N>]: StatusCode | ((data: ErrorData<N, C>) => OldFailure<O>);
} & {
  readonly [C in Exclude<ErrorCode<N>, Unknown<O, N>>]?:
    | StatusCode
    | ((data: ErrorData<N, C>) => OldFailure<O>);
};

/** How `O`, a member of the old version, is carried out by `N` of today. */
type Carried<O, N> = Part<Fits<HandlerInput<O>, Input<N>>, "input", (old: HandlerInput<O>) => Input<N>> &
  Part<
    Fills<Output<N>, HandlerOutput<O>>,
    "output",
    (current: Output<N>, old: HandlerInput<O>) => HandlerOutput<O>
  > &
  Part<[Unknown<O, N>] extends [never] ? true : false, "errors", ErrorMap<O, N>>;

/** How `O`, an event of the old version, is stated whenever `N` of today is. */
type Stated<O, N> = Part<Fills<Received<N>, Data<O>>, "data", (current: Received<N>) => Data<O> | undefined>;

type Same<O, N, K> = K extends keyof N
  ? KindOf<O> extends KindOf<N[K]>
    ? O extends AnyEvent
      ? { readonly now?: undefined } & Stated<O, N[K]>
      : { readonly now?: undefined } & Carried<O, N[K]>
    : never
  : never;

type Renamed<O, N, K> = {
  [T in Exclude<Names<N, KindOf<O>>, K>]: O extends AnyEvent
    ? { readonly now: T } & Stated<O, N[T]>
    : { readonly now: T } & Carried<O, N[T]>;
}[Exclude<Names<N, KindOf<O>>, K>];

/** `never`: such an event is not stated any more, and who reacts to it is refused at start, with this reason. */
type Ended<O> = O extends AnyEvent ? { readonly now?: undefined; readonly never: string } : never;

type Entry<O, N, K> = Same<O, N, K> | Renamed<O, N, K> | Ended<O>;

type Members<C> = Names<C, (AnyQuery | AnyCommand | AnyEvent | AnyStream)["kind"]>;

/** The members that are the same in both versions: nothing needs to be said of them. */
type Unchanged<O, N> = {
  [K in Members<O>]: {} extends Same<Pick<O, K & keyof O>[K & keyof O], N, K> ? K : never;
}[Members<O>];

/** What {@link adapt} is given: an entry for each old member whose name or shape is another today. */
export type Mapping<O, N> = {
  readonly [K in Exclude<Members<O>, Unchanged<O, N>>]: K extends keyof O ? Entry<O[K], N, K> : never;
} & {
  readonly [K in Unchanged<O, N>]?: K extends keyof O ? Entry<O[K], N, K> : never;
};
