import { loadGraph, type Graph } from "@kerf/runtime";
import type { App } from "kerf";
import { loadConfiguration, type Configuration } from "./configuration.ts";

/** Loads an application for a command whose standard output is its result: what modules print meanwhile goes to standard error. */
export function readConfiguration(file: string | undefined): Promise<Configuration> {
  return aside(() => loadConfiguration(file));
}

/** The same for its services. */
export function readGraph(app: App): Promise<Graph> {
  return aside(() => loadGraph(app));
}

async function aside<T>(load: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  try {
    return await load();
  } finally {
    process.stdout.write = write;
  }
}
