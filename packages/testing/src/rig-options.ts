import type {
  Actor,
  AnyCommand,
  AnyEvent,
  AnyQuery,
  AnyStream,
  Input,
  Output,
  Received,
  ServiceDefinition,
} from "kerf";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type { Graph, LogLevel, UnitStatus, UnitTiming } from "@kerf/runtime";
import type { Seen } from "./events.ts";
import type { UnitProcess } from "./processes.ts";

/**
 * How a test runs its services: all in this process; the same with every call through the codec and every message
 * delivered twice; each unit with a gRPC server of its own, in this process; or each unit as a real process.
 */
export type Mode = "local" | "serialised" | "units" | "processes";

export interface RigOptions {
  /** The services to run for real; all where absent. */
  readonly run?: readonly string[];
  /** Stand-ins for others; what is neither run nor faked answers UNIMPLEMENTED. Not for "processes". */
  readonly fakes?: readonly ServiceDefinition[];
  readonly mode?: Mode;
  /**
   * For "units" and "processes". Default "micro": every service in a unit of its own. "micro" and "monolith", all in one
   * unit, need not be declared.
   */
  readonly topology?: string;
  /** For "processes": the module whose default export is the app. */
  readonly config?: URL;
  readonly timing?: UnitTiming;
  readonly settings?: Readonly<Record<string, string>>;
  /** Told of what the units do. Not for "processes", whose settings say where to export to. */
  readonly telemetry?: Telemetry;
  /** For "processes": what the process of one unit is given beside `settings`, at each of its starts. */
  readonly settingsOf?: (unit: string) => Readonly<Record<string, string>>;
  /**
   * For "processes": starts one that dies again at once, under a new name of its replica, as an orchestrator does. What it
   * held is taken over when its lease has run out.
   */
  readonly supervise?: boolean;
  /** Lines of the log at this level and above go to standard output. Default "silent"; KERF_TEST_LOG overrides. */
  readonly logLevel?: LogLevel;
}

export interface TestCallOptions {
  readonly as?: Actor;
  readonly id?: string;
  readonly timeoutMs?: number;
}

/** An application under test. Dispose of it with `await using`. */
export interface Rig extends AsyncDisposable {
  readonly graph: Graph;
  /** The processes, in the mode of that name. */
  readonly processes: ReadonlyMap<string, UnitProcess>;
  /** Calls any member, as the service itself would. */
  call<M extends AnyQuery | AnyCommand>(
    member: M,
    input: Input<M>,
    options?: TestCallOptions,
  ): Promise<Output<M>>;
  /** Asks for any stream, as the service itself would. Leaving the iteration ends it. */
  watch<M extends AnyStream>(
    member: M,
    input: Input<M>,
    options?: { readonly as?: Actor; readonly signal?: AbortSignal },
  ): AsyncIterable<Output<M>>;
  /** Waits for an event whose data has these fields. Default 10 s. */
  seen<E extends AnyEvent>(
    event: E,
    match?: Partial<Received<E>>,
    options?: { readonly withinMs?: number },
  ): Promise<Received<E>>;
  /** All events so far, in the order in which they were heard. */
  events(): readonly Seen[];
  /** Waits until nothing is under way: outboxes, deliveries, retries, sagas and mailboxes are empty. Default 20 s. */
  settled(options?: { readonly withinMs?: number }): Promise<void>;
  status(): Promise<readonly UnitStatus[]>;
  /** Starts the process of a unit again after it was killed. */
  restart(unit: string): Promise<void>;
  /** Where the database of a service is, or that of the broker (`"broker"`), for a look at what is recorded. */
  databaseUrl(service: string): Promise<string>;
  stop(): Promise<void>;
}
