import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Application } from "@kerf/dashboard/read";
import type { JsonSchema } from "./hide.ts";
import { newestChange } from "./newest-change.ts";

/** What the declarations of an application say. */
export interface Description {
  readonly application: Application;
  /** Schemas of what sagas are given, by `service/saga`. */
  readonly sagas: { readonly [name: string]: JsonSchema };
}

/** What is made of the declarations. */
export interface Described {
  readonly description: Description;
  /** The document as JSON text. */
  readonly openapi: string;
  readonly asyncapi: string;
}

/** What changes outside of the application's folder is seen after this. */
const KEPT_MS = 60_000;

export interface Describer {
  read<K extends keyof Described>(what: K): Promise<Described[K]>;
}

interface Known {
  readonly at: number;
  /** Of the files, when it was made. */
  readonly change: string | undefined;
  readonly topology: string | undefined;
  readonly made: Promise<unknown>;
}

/**
 * Describes an application as it is now: after each change in a thread of its own, since modules are loaded only once in a
 * thread, and files change while an assistant works.
 */
export function describer(config: string, topologyNow: () => Promise<string | undefined>): Describer {
  const known = new Map<keyof Described, Known>();
  return {
    async read<K extends keyof Described>(what: K) {
      const topology = await topologyNow();
      const change = newestChange(dirname(config));
      const before = known.get(what);
      const same =
        before !== undefined &&
        change !== undefined &&
        before.change === change &&
        before.topology === topology &&
        Date.now() - before.at < KEPT_MS;
      if (same) return before.made as Promise<Described[K]>;
      const made = describe({ config, topology, what });
      made.catch(() => known.delete(what));
      known.set(what, { at: Date.now(), change, topology, made });
      return made as Promise<Described[K]>;
    },
  };
}

/** What the thread is told. */
export interface Wanted {
  readonly config: string;
  readonly topology: string | undefined;
  readonly what: keyof Described;
}

/** What it answers. */
export type Made = { readonly value: unknown } | { readonly error: string };

function describe(wanted: Wanted): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // What modules print when they are loaded must not get among the protocol.
    const worker = new Worker(new URL("description-worker.ts", import.meta.url), {
      workerData: wanted,
      stdout: true,
    });
    worker.stdout.pipe(process.stderr, { end: false });
    worker.once("message", (made: Made) => {
      if ("error" in made) reject(new Error(made.error));
      else resolve(made.value);
      void worker.terminate();
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("The application could not be loaded.")));
  });
}
