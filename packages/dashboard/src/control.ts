import type { ProcessState } from "./api/index.ts";

/** A process as its supervisor sees it. */
export interface ProcessFacts {
  /** `"back"`, and `"back/2"` for its second replica. */
  readonly name: string;
  readonly unit: string;
  readonly state: ProcessState;
  readonly pid: number | null;
  readonly address: string | null;
  readonly restarts: number;
  /** Unix ms. */
  readonly startedAt: number | null;
}

export interface UnitFacts {
  readonly name: string;
  readonly gateway: boolean;
  readonly services: readonly string[];
}

/** Whoever runs the processes. */
export interface Control {
  describe(): Promise<{ readonly units: readonly UnitFacts[]; readonly processes: readonly ProcessFacts[] }>;
  /** Asks a process to drain and end, and starts it again. @throws Error where there is none of that name */
  restart(process: string): Promise<void>;
  /** Has the processes of a unit finish what they do and take nothing new, until they are restarted. @throws Error where there is none of that name */
  drain(unit: string): Promise<void>;
}
