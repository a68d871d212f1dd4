import { Worker } from "node:worker_threads";
import type { Application } from "@kerf/dashboard/read";
import type { JsonSchema } from "./hide.ts";

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

/** So that one question of an assistant does not load everything five times. */
const KEPT_MS = 3_000;

export interface Describer {
  read<K extends keyof Described>(what: K): Promise<Described[K]>;
}

/**
 * Describes an application as it is now: each time in a thread of its own, since modules are loaded only once in a thread,
 * and files change while an assistant works.
 */
export function describer(config: string, topology: string | undefined): Describer {
  const known = new Map<keyof Described, { readonly at: number; readonly made: Promise<unknown> }>();
  return {
    read<K extends keyof Described>(what: K) {
      const before = known.get(what);
      if (before && Date.now() - before.at < KEPT_MS) return before.made as Promise<Described[K]>;
      const made = describe({ config, topology, what });
      made.catch(() => known.delete(what));
      known.set(what, { at: Date.now(), made });
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
