import type { Actor, AnyCommand, AnyQuery, Topology, Unit } from "kerf";
import type { Logger } from "pino";
import type { AnsweredByHand, CallByHand } from "./call-by-hand.ts";
import type { CacheStatus } from "../cache/index.ts";
import type { Redis } from "../redis/index.ts";
import type { Backlog, Broker, Group } from "../broker/broker.ts";
import type { Clock } from "../clock/clock.ts";
import type { BudgetStats } from "../data/connections.ts";
import type { DatabaseServer } from "../data/server.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { Graph } from "../graph/index.ts";
import type { Retention } from "../journal/retention.ts";
import type { ContractLock } from "../proto/index.ts";
import type { MemberUse } from "../versions/usage.ts";
import type { ReleaseStatus } from "../release/index.ts";
import type { SagaLimits } from "../sagas/step-policy.ts";
import type { Storage } from "../service/port.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { StreamLimits } from "../stream/limits.ts";
import type { EdgeWatch } from "../stream/unit-streams.ts";
import type { Dispatch, DispatchStream, Transport } from "../transport/transport.ts";

export interface UnitOptions {
  readonly graph: Graph;
  readonly topology: Topology;
  readonly unit: Unit;
  /** Unit name to the gRPC `"host:port"` of the others. */
  readonly endpoints: ReadonlyMap<string, string>;
  /** Where to answer the others; undefined where nobody else needs this unit. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** Holds the databases; not needed with `backing`. */
  readonly server?: DatabaseServer;
  /** Replaces PostgreSQL, and the broker on it; simulations keep both in memory. */
  readonly backing?: Backing;
  /** Replaces the time and chance of this process. */
  readonly clock?: Clock;
  readonly log: Logger;
  /** The environment. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly timing?: UnitTiming;
  /** The field numbers of `contracts.lock.json`: the same in every unit. */
  readonly lock?: ContractLock;
  /** Replaces the discovery by `endpoints`. */
  readonly discovery?: Discovery;
  /** Replaces the transport to other units; tests force serialisation with it. */
  readonly transport?: (dispatch: Dispatch, streams: DispatchStream) => Transport;
  /** Sends calls within this unit over the transport too. */
  readonly everyCallRemote?: boolean;
  /** Wraps the broker; tests repeat deliveries and listen with it. */
  readonly wrapBroker?: (broker: Broker) => Broker;
  /** Groups beside those of the app's services; tests listen with them. */
  readonly moreGroups?: readonly Group[];
  /** Where cached answers are kept, shared by all processes; in this process's memory where absent. */
  readonly redis?: Redis | undefined;
  /** Told of what the unit does; nothing is told where absent, at no cost. */
  readonly telemetry?: Telemetry | undefined;
  /** Told of the tags of cached answers that events made old. May be told twice of one event. */
  readonly invalidated?: ((tags: readonly string[]) => void) | undefined;
}

/** What a unit keeps its records in, and sends its messages through. */
export interface Backing {
  /** Undefined where no service of the unit has a database. */
  readonly broker: Broker | undefined;
  /** Databases that settings of services name, by `"<service>.<field>"`. */
  readonly urls: ReadonlyMap<string, string>;
  /** Brings the tables up to date. */
  prepare(): Promise<void>;
  storage(service: string): Storage;
  /** Of its connections, by server. */
  stats?(): Readonly<Record<string, BudgetStats>>;
  close(): Promise<void>;
}

export interface UnitTiming {
  readonly leaseMs?: number;
  readonly pollMs?: number;
  /** How long a unit may take to end. Default 30 s. */
  readonly drainMs?: number;
  /** After this long a message that still fails is a dead letter. Default 24 h. */
  readonly giveUpMs?: number;
  /** How long what is over is remembered: the same in every unit. */
  readonly retention?: Partial<Retention>;
  /** How often backlogs are measured. Default 30 s. */
  readonly measureMs?: number;
  readonly sagas?: Partial<SagaLimits>;
  readonly streams?: Partial<StreamLimits>;
}

/** What is unfinished in a unit. All counts zero: it is at rest. */
export interface UnitStatus {
  readonly unit: string;
  readonly services: readonly string[];
  readonly ready: boolean;
  readonly outbox: number;
  /** Age of the oldest message that is not sent. */
  readonly oldestUnsentMs: number;
  readonly undelivered: number;
  /** Age of the oldest message that a service of this unit has not acknowledged. */
  readonly oldestUndeliveredMs: number;
  /** Messages that services of this unit lost lately: they were further behind than messages are kept. */
  readonly missed: number;
  /** Streams that are open in this unit now. */
  readonly streams?: number;
  /** Messages that came again since the process started, and were known: no work, and no harm. */
  readonly repeated: number;
  /** Parts of answers that could not be had since the process started: see `optional`. */
  readonly leftOut: number;
  readonly retries: number;
  readonly deadLetters: number;
  readonly sagas: number;
  readonly parkedSagas: number;
  readonly stuckSagas: number;
  readonly mailboxes: number;
  /** What became of the questions to cached queries since the process started; absent where it answers none. */
  readonly cache?: CacheStatus;
  /** What each service of this unit has not acknowledged, where that is anything. */
  readonly consumers: readonly Backlog[];
  /** Services that called what is old, since this process started; absent where none did. */
  readonly versions?: readonly MemberUse[];
  /** New versions that are being tried, as this process sees them; absent where `KERF_RELEASES_FILE` names no file. */
  readonly releases?: readonly ReleaseStatus[];
}

/** A call from the edge. */
export interface EdgeCall {
  readonly member: AnyQuery | AnyCommand;
  readonly input: unknown;
  readonly id: string | undefined;
  readonly deadlineAt: number;
  readonly actor: Actor | undefined;
  readonly traceparent: string;
  readonly signal: AbortSignal;
  /** Which version of a released service is asked for, where that may be chosen: `"next"`, `"catalog=current"`. */
  readonly wish?: string | undefined;
}

/** A call as one of the app's services. */
export interface ServiceCall extends EdgeCall {
  /** Asks what became of the command with this id, as in a call's header. */
  readonly settle?: boolean;
}

export interface RunningUnit {
  readonly name: string;
  readonly address: string | undefined;
  /** A call from the edge. @throws DeclaredError | StatusError */
  invoke(call: EdgeCall): Promise<unknown>;
  /** A call as one of the app's services. @throws DeclaredError | StatusError */
  callAs(service: string, call: ServiceCall): Promise<unknown>;
  /** A call by a person who looks after the unit, past the gateway. Never rejects: it says what came of it. */
  callByHand(call: CallByHand): Promise<AnsweredByHand>;
  /** A stream for somebody at the edge. Its iteration throws DeclaredError | StatusError. */
  watch(call: EdgeWatch): AsyncIterable<unknown>;
  /** A stream for one of the app's services. */
  watchAs(service: string, call: EdgeWatch): AsyncIterable<unknown>;
  ready(): boolean;
  status(): Promise<UnitStatus>;
  /**
   * Stops accepting, finishes or hands back what is in flight, gives leases back, closes connections. Resolves within
   * `graceMs` (default {@link UnitTiming.drainMs}) whatever happens: leases that could not be given back by then run out.
   */
  drain(graceMs?: number): Promise<void>;
}
