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

export interface ProcessView {
  /** `"back"`, and `"back/2"` for its second replica. */
  readonly name: string;
  readonly state: "starting" | "ready" | "stopping" | "waiting" | "broken" | "ended";
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
