import type { SendBaggage } from "../call/baggage.ts";
import type { AnyCommand, AnyEvent, AnyQuery, AnySaga, CallOptions, Log, ServiceDefinition } from "kerf";
import type { LeftOut } from "../call/left-out.ts";
import type { Caching, Stated } from "../cache/index.ts";
import type { Clock } from "../clock/clock.ts";
import type { StreamPort } from "../stream/port.ts";
import type { OnStatement } from "../data/database.ts";
import type { Database } from "../data/transaction.ts";
import type { Journal, NewSaga } from "../journal/journal.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { CallHeader } from "../transport/transport.ts";
import type { Validator } from "../validate/index.ts";
import type { EffectSource } from "../work/effects.ts";
import type { SizeLimits } from "../transport/size-limit.ts";

/** A call that leaves a handler. Throws DeclaredError | StatusError only. */
export type Outbound = (
  member: AnyQuery | AnyCommand,
  input: unknown,
  header: CallHeader,
  signal: AbortSignal | undefined,
  /** As a `Dispatch` takes it. */
  now?: number,
) => Promise<unknown>;

/** The database of a service and what is kept there. */
export interface Storage {
  readonly database: Database;
  readonly journal: Journal;
}

/** What a commit left: messages in the outbox, sagas that are new, mail that a waiting saga may go on with. */
export interface Committed {
  readonly messages: boolean;
  readonly sagas: readonly NewSaga[];
  readonly mail?: boolean;
  /** Those facts that make cached answers old. */
  readonly facts?: readonly Stated[];
}

/** What running a service's handlers takes: the plain parts, given by the unit. */
export interface ServicePort {
  readonly definition: ServiceDefinition;
  readonly clock: Clock;
  readonly storage: Storage | undefined;
  readonly settings: unknown;
  readonly outbound: Outbound;
  /** The same limit whether a call crosses a process or not. */
  readonly sizes: SizeLimits;
  readonly streams: StreamPort;
  readonly effects: EffectSource;
  /** Parts that answers had to do without. */
  readonly leftOut: LeftOut;
  readonly log: Log & { child(fields: object): Log };
  /** Compiled once per schema. */
  readonly validatorOf: (of: AnyEvent | AnyQuery | AnyCommand | AnySaga) => Validator;
  /** Called after a commit that left something to be done. */
  readonly committed: (what: Committed) => void;
  /** A `call` while a transaction is open holds locks over the network: thrown in development and tests, logged in production. */
  readonly strict: boolean;
  /** Where a query of this unit is cached. */
  readonly caching?: Caching | undefined;
  readonly baggage: SendBaggage;
  /** Where somebody wants to know what it does. */
  readonly telemetry?: Telemetry | undefined;
  /** What its transactions tell of their statements, within the work of a trace context. */
  readonly statements?: ((traceparent: string) => OnStatement) | undefined;
}

export type { CallOptions };
