import { Worker } from "node:worker_threads";
import type { Application } from "@kerf/dashboard";
import type { EventByHand, NotStated, StatedByHand } from "@kerf/runtime";
import type { Opening } from "./messages.ts";

type Where = Pick<Opening, "config" | "topology">;

/** What the declarations say, as they are now. */
export function describeAnew({ config, topology }: Where): Promise<Application> {
  return inNewThread("describe-worker.ts", { config, topology });
}

/** What the owner of an event would state, by its contract as it is now. */
export function stateAnew({ config }: Where, event: EventByHand): Promise<StatedByHand | NotStated> {
  return inNewThread("state-worker.ts", { config, event });
}

/**
 * Loads the application in a thread of its own, which ends with it: the next time, its files may be others, and a thread
 * has modules of its own.
 */
function inNewThread<T>(file: string, workerData: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData });
    worker.once("message", (made: T) => {
      resolve(made);
      void worker.terminate();
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the application could not be loaded")));
  });
}
