import type { Broker } from "../../broker/broker.ts";
import type { ReplayJournal } from "../../journal/replay-journal.ts";
import type { ServicePort } from "../../service/port.ts";

export interface ReplayOptions {
  readonly port: ServicePort;
  readonly broker: Broker;
  readonly journal: ReplayJournal;
  /** Events published since: Date.now() milliseconds, 0 for all that are kept. Absent: goes on with an unfinished one. */
  readonly since?: number | undefined;
  /** Only the read model that this event belongs to. */
  readonly event?: string | undefined;
  /** Events a second at most, until it has come to what was published when it began. */
  readonly rate?: number | undefined;
  /** Stops it after the transaction that is under way; it can be gone on with. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ReplayProgress) => void;
  readonly leaseMs?: number;
}

export interface ReplayProgress {
  readonly events: readonly string[];
  readonly tables: readonly string[];
  /** Messages of the channels that were passed, of those that are there by now. */
  readonly read: number;
  readonly total: number;
  /** Events that were handed to reactions. */
  readonly handled: number;
}

export interface ReplayEnd extends ReplayProgress {
  readonly state: "done" | "stopped";
}
