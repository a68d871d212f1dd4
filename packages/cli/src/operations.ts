import { existsSync } from "node:fs";
import { join } from "node:path";
import { userInfo } from "node:os";
import { openOperations, openServer, type By, type Operations, type ServiceOperations } from "@kerf/runtime";
import { configOption, dataOption } from "./arguments.ts";
import { dataFolder } from "./configuration.ts";
import { readConfiguration, readGraph } from "./load.ts";
import { retentionOf } from "./settings.ts";
import { Failure, refuseWord, UsageError } from "./usage.ts";

/** Options of every command that looks after an application's data. */
export const operationsOptions = {
  service: { value: "NAME", text: "only of this service" },
  data: dataOption,
  config: configOption,
  json: { text: "JSON instead of text" },
} as const;

export const asOption = {
  value: "WHO",
  text: "who does it, for the record; default: the user of this system",
};
export const reasonOption = { value: "TEXT", text: "why, for the record" };

export const operationsNotes = [
  "The data is found as a unit finds it: the server of KERF_DATABASE_URL, databases of KERF_<SERVICE>_DATABASE_URL,",
  "or the embedded PostgreSQL. Units may run meanwhile. What led to it: kerf trace, kerf logs, kerf events.",
];

interface Given {
  readonly service?: string | undefined;
  readonly data?: string | undefined;
  readonly config?: string | undefined;
}

/**
 * Opens the databases of an application for `work`, and closes them.
 * @throws Failure where the application has not run yet; UsageError for a service that it does not have
 */
export async function withOperations<T>(
  given: Given,
  work: (services: readonly ServiceOperations[], operations: Operations) => Promise<T>,
): Promise<T> {
  const configuration = await readConfiguration(given.config);
  const graph = await readGraph(configuration.app);
  const names = [...graph.services.keys()];
  if (given.service !== undefined && !names.includes(given.service))
    refuseWord("service", given.service, names);
  const url = process.env["KERF_DATABASE_URL"] || undefined;
  const dataDir = dataFolder(configuration, given.data);
  // To look must not make a server.
  if (url === undefined && !existsSync(join(dataDir, "postgres")))
    throw new Failure(
      `There is no data in ${dataDir}: the application has not run with it. ` +
        "Start it once, name the folder with --data, or set KERF_DATABASE_URL.",
    );
  const server = await openServer(url === undefined ? { dataDir } : { url });
  try {
    const keptMs = retentionOf(process.env)?.handledMs;
    await using operations = await openOperations({
      graph,
      server,
      settings: process.env,
      ...(keptMs === undefined ? {} : { keptMs }),
    });
    const services = [...operations.services.values()].filter(
      ({ service }) => given.service === undefined || service === given.service,
    );
    if (services.length === 0) {
      const what = given.service === undefined ? "No service of the application" : given.service;
      throw new Failure(`${what} has records in this database: it has no database, or has not run here yet.`);
    }
    return await work(services, operations);
  } finally {
    await server.close({ now: true });
  }
}

/** Who acts, and why. */
export function actor(given: { readonly as?: string | undefined; readonly reason?: string | undefined }): By {
  const who = given.as?.trim() || systemUser();
  return { who: who.slice(0, 200), why: given.reason?.trim().slice(0, 2_000) || undefined };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without a name, as in some containers.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** @throws UsageError where a required reason is missing */
export function requireReason(command: string, { why }: By): void {
  if (why === undefined)
    throw new UsageError(`kerf ${command} needs --reason TEXT: somebody will ask for it.`);
}

/** One of those that were found by an id. @throws Failure where it is none, or not clear which */
export function theOnly<T>(
  found: readonly { readonly service: ServiceOperations; readonly of: readonly T[] }[],
  what: string,
): { readonly service: ServiceOperations; readonly of: readonly T[] } {
  const some = found.filter(({ of }) => of.length > 0);
  if (some.length === 1) return some[0]!;
  if (some.length === 0) throw new Failure(`There is no ${what}.`);
  const names = some.map(({ service }) => service.service).join(", ");
  throw new Failure(`There is a ${what} in several services: ${names}. Say which with --service NAME.`);
}
