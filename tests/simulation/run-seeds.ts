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

/** Processes that crashed in a simulation never end what they had begun, and so stay in memory: about 35 KB a seed. */
const seedsOfAThread = 1_000;

/** Simulates seeds, several at once. Ends early when aborted or after too many failures. */
export async function runSeeds(runs: Runs): Promise<Summary> {
  const { seeds, onTold, mostFailures = 5, signal } = runs;
  const { options = {}, mutant } = runs.task ?? {};
  const left = seeds[Symbol.iterator]();
  const failed: Told[] = [];
  const sums = { seeds: 0, events: 0, commits: 0, repeats: 0, simulatedMs: 0 };
  const began = performance.now();
  const threads = new Set<Thread>();
  const stop = (): void => threads.forEach((thread) => void thread.end());
  signal?.addEventListener("abort", stop);
  const work = async (): Promise<void> => {
    let thread: Thread | undefined;
    const over = (): boolean => failed.length >= mostFailures || (signal?.aborted ?? false);
    for (let ran = 0; !over(); ran++) {
      const next = left.next();
      if (next.done) break;
      if (ran % seedsOfAThread === 0) {
        await thread?.end();
        if (thread) threads.delete(thread);
        threads.add((thread = new Thread({ options, mutant })));
      }
      const told = await thread!.run(next.value);
      if (told === undefined) break;
      sums.seeds += 1;
      sums.events += told.events;
      sums.commits += told.commits;
      sums.repeats += told.repeats;
      sums.simulatedMs += told.simulatedMs;
      if (told.violations.length > 0) failed.push(told);
      onTold?.(told);
    }
    await thread?.end();
  };
  try {
    await Promise.all(Array.from({ length: runs.workers }, work));
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
  return { ...sums, failed, ms: performance.now() - began };
}

export function* range(from: number, count: number): Generator<number> {
  for (let seed = from; seed < from + count; seed++) yield seed;
}

/** One seed after the other, on a thread of its own. */
class Thread {
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;
  #isEnding = false;

  constructor(task: Task) {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: task });
    this.#ended = once(this.#worker, "exit");
  }

  /** What became of a seed; undefined where the thread was ended meanwhile. @throws Error where it ended by itself */
  async run(seed: number): Promise<Told | undefined> {
    const told = once(this.#worker, "message").then(([message]) => message as Told);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(seed);
    const found = await Promise.race([told, this.#ended.then(() => undefined)]);
    if (found === undefined && !this.#isEnding)
      throw new Error(`the thread that ran seed ${seed} ended by itself`);
    return found;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }
}
