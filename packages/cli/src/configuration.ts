import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { App, Topology, Unit } from "kerf";
import { refuseWord, UsageError, Failure } from "./usage.ts";

/** An application and where it stands. */
export interface Configuration {
  /** Absolute path of kerf.config.ts. */
  readonly file: string;
  readonly folder: string;
  readonly app: App;
}

const FILE = "kerf.config.ts";

/**
 * Loads the application of `file`, or of the nearest kerf.config.ts at or above the working folder. Another `version`
 * loads it anew, with what it imports of its own.
 * @throws UsageError where there is none; Failure where it does not export an app
 */
export async function loadConfiguration(
  file: string | undefined,
  { version = 0 }: { version?: number } = {},
): Promise<Configuration> {
  const found = findConfiguration(file);
  const module = (await importVersion(pathToFileURL(found).href, version)) as { default?: unknown };
  if (!isApp(module.default))
    throw new Failure(
      `${found}: its default export is no application. Write: export default app("name", {…}).`,
    );
  return { file: found, folder: dirname(found), app: module.default };
}

/** Where it stands, whatever is in it. @throws UsageError where there is none */
export function findConfiguration(file: string | undefined): string {
  const found = file === undefined ? findAbove(process.cwd()) : resolve(file);
  if (!existsSync(found)) throw new UsageError(`--config ${file}: there is no such file.`);
  return found;
}

/** Modules are cached by their URL: a query makes a module another one, and has to reach those that it imports. */
async function importVersion(url: string, version: number): Promise<unknown> {
  if (version === 0) return await import(url);
  const query = `?version=${version}`;
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const own = specifier.startsWith(".") && context.parentURL?.endsWith(query);
      return own ? { ...found, url: found.url + query } : found;
    },
  });
  try {
    return await import(url + query);
  } finally {
    hooks.deregister();
  }
}

function findAbove(from: string): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const candidate = join(folder, FILE);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder))
      throw new UsageError(
        `There is no ${FILE} in ${resolve(from)} or above it. Name one with --config FILE.`,
      );
  }
}

function isApp(value: unknown): value is App {
  return (
    typeof value === "object" && value !== null && "topologies" in value && value.topologies instanceof Map
  );
}

/** The topology of that name; the first one where no name is given. @throws UsageError */
export function chooseTopology(app: App, name: string | undefined): Topology {
  const names = [...app.topologies.keys()];
  return app.topologies.get(name ?? names[0]!) ?? refuseWord("topology", name!, names);
}

/** The unit of that name; the only one where no name is given. @throws UsageError */
export function chooseUnit(topology: Topology, name: string | undefined): Unit {
  const names = topology.units.map((unit) => unit.name);
  if (name === undefined) {
    if (topology.units.length === 1) return topology.units[0]!;
    throw new UsageError(
      `The topology "${topology.name}" has several units. Name the one to start with --unit: ${names.join(", ")}.`,
    );
  }
  return (
    topology.units.find((unit) => unit.name === name) ?? refuseWord(`unit of ${topology.name}`, name, names)
  );
}

/** Where the embedded PostgreSQL keeps its data. */
export function dataFolder(configuration: Configuration, data: string | undefined): string {
  return data === undefined ? join(configuration.folder, ".kerf") : resolve(data);
}
