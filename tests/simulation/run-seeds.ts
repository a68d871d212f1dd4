import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Task, Told } from "./worker.ts";

export interface Runs {
  readonly seeds: Iterable<number>;
  readonly workers: number;
  readonly task?: Partial<Task>;
  /** Called after each seed. */
  readonly onTold?: (told: Told) => void;
  /** After so many failures the rest is left. */
  readonly mostFailures?: number;
  readonly signal?: AbortSignal;
}

export interface Summary {
  readonly seeds: number;
  readonly failed: readonly Told[];
  readonly events: number;
  readonly commits: number;
  readonly repeats: number;
  readonly simulatedMs: number;
  readonly ms: number;
}

/** Simulates seeds, several at once. Ends early when aborted or after too many failures. */
export async function runSeeds(runs: Runs): Promise<Summary> {
  const { seeds, onTold, mostFailures = 5, signal } = runs;
  const { options = {}, mutant } = runs.task ?? {};
  const left = seeds[Symbol.iterator]();
  const failed: Told[] = [];
  const sums = { seeds: 0, events: 0, commits: 0, repeats: 0, simulatedMs: 0 };
  const began = performance.now();
  const workers = Array.from(
    { length: runs.workers },
    () => new Worker(new URL("./worker.ts", import.meta.url), { workerData: { options, mutant } }),
  );
  const stop = (): void => workers.forEach((worker) => void worker.terminate());
  signal?.addEventListener("abort", stop);
  try {
    await Promise.all(
      workers.map(async (worker) => {
        const ended = once(worker, "exit");
        for (;;) {
          const next = left.next();
          if (next.done || failed.length >= mostFailures || signal?.aborted) break;
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
          worker.postMessage(next.value);
          const told = await Promise.race([
            once(worker, "message").then(([message]) => message as Told),
            ended.then(() => undefined),
          ]);
          if (told === undefined) break;
          sums.seeds += 1;
          sums.events += told.events;
          sums.commits += told.commits;
          sums.repeats += told.repeats;
          sums.simulatedMs += told.simulatedMs;
          if (told.violations.length > 0) failed.push(told);
          onTold?.(told);
        }
        await worker.terminate();
      }),
    );
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
  return { ...sums, failed, ms: performance.now() - began };
}

export function* range(from: number, count: number): Generator<number> {
  for (let seed = from; seed < from + count; seed++) yield seed;
}
