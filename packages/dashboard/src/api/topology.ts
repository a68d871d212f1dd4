export interface TopologyView {
  readonly topology: string;
  readonly units: readonly UnitView[];
}

export interface UnitView {
  readonly name: string;
  readonly gateway: boolean;
  readonly services: readonly string[];
  readonly processes: readonly ProcessView[];
}

/**
 * `draining`: it finishes what it does, and takes nothing new. `drained`: it has finished, and stays so that it can be looked
 * at until it is restarted.
 */
export type ProcessState =
  | "starting"
  | "ready"
  | "draining"
  | "drained"
  | "stopping"
  | "waiting"
  | "broken"
  | "ended";

export interface ProcessView {
  /** `"back"`, and `"back/2"` for its second replica. */
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | null;
  readonly address: string | null;
  /** How often it was started again since `kerf dev` runs. */
  readonly restarts: number;
  readonly upMs: number | null;
  /** Resident memory. */
  readonly memoryBytes: number | null;
  /** Of one core: 0.5 is half of one. */
  readonly cpu: number | null;
}

/** It drains what is in flight, ends, and is started again. */
export interface RestartRequest {
  readonly process: string;
}
