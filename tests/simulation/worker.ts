import { parentPort, workerData } from "node:worker_threads";
import { mutants } from "./mutants.ts";
import { simulate, type SimulationOptions } from "./simulate.ts";

/** What a worker is given. */
export interface Task {
  readonly options: Omit<SimulationOptions, "mutant">;
  readonly mutant: string | undefined;
}

/** What it tells of each seed. */
export interface Told {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly tail: readonly string[];
  readonly events: number;
  readonly commits: number;
  readonly repeats: number;
  readonly simulatedMs: number;
}

// Thousands of errors are made on purpose, and nobody looks at where.
Error.stackTraceLimit = 0;

const { options, mutant } = workerData as Task;
const broken = mutant === undefined ? {} : { mutant: mutants[mutant]! };

parentPort!.on("message", (seed: number) => {
  void simulate(seed, { ...options, ...broken }).then((ran) => {
    const { violations, events, commits, repeats, simulatedMs } = ran;
    const tail = violations.length > 0 ? ran.tail(60) : [];
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort!.postMessage({ seed, violations, tail, events, commits, repeats, simulatedMs } satisfies Told);
  });
});
