import { expressMiddleware, fastifyPlugin, type Middleware, type MountedGateway } from "@kerf/gateway";
import { contractsOf, loadGraph } from "@kerf/runtime";
import { createLog, type Logger } from "@kerf/runtime/log";
import { logLines } from "@kerf/telemetry";
import type { App, Topology } from "kerf";
import { chooseTopology, dataFolder, loadConfiguration } from "./configuration.ts";
import { mountEdge } from "./edge.ts";
import { lockToRunWith } from "./lock.ts";
import type { Environment } from "./settings.ts";
import { runUnit } from "./unit.ts";
import { Failure } from "./usage.ts";

export interface EmbedOptions {
  /** Path of kerf.config.ts; the nearest at or above the working folder where absent. */
  readonly config?: string;
  /** A topology of a single unit; the first such where absent. */
  readonly topology?: string;
  /** Instead of process.env. */
  readonly environment?: Environment;
  /** Data of the embedded PostgreSQL; .kerf beside the configuration where absent. */
  readonly data?: string;
  readonly log?: Logger;
}

/** An application of Kerf inside of another one's process and server. */
export interface Embedded {
  /** `app.use("/shop", kerf.express)`, before what reads bodies. */
  readonly express: Middleware;
  /** `app.register(kerf.fastify, { prefix: "/shop" })`. */
  readonly fastify: ReturnType<typeof fastifyPlugin>;
  /** Finishes what is in flight, and lets go of everything: all within `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

/**
 * Runs an application in this process, all services together, and serves it through the server that is there already.
 * @throws Failure | DeclarationError | DatabaseError with what to do; nothing stays open then
 */
export async function embed(options: EmbedOptions = {}): Promise<Embedded> {
  const environment = options.environment ?? process.env;
  const configuration = await loadConfiguration(options.config);
  const topology = singleUnit(configuration.app, options.topology);
  const [unit] = topology.units;
  const graph = await loadGraph(configuration.app);
  const frozen = environment["NODE_ENV"] === "production";
  let mounted: MountedGateway | undefined;
  // A log that is given goes where whoever made it wants it to go.
  const lines = options.log ? undefined : logLines(environment);
  const running = await runUnit({
    graph,
    topology,
    unit: unit!,
    environment,
    dataDir: dataFolder(configuration, options.data),
    lock: await lockToRunWith(configuration.folder, contractsOf(graph), { frozen }),
    log: options.log ?? createLog({ unit: unit!.name, level: "info", copy: lines }),
    lines,
    edge: async (parts) => (mounted = await mountEdge(parts)),
  });
  return {
    express: expressMiddleware(mounted!),
    fastify: fastifyPlugin(mounted!),
    drain: (graceMs) => running.drain(graceMs),
  };
}

function singleUnit(app: App, name: string | undefined): Topology {
  if (name === undefined) {
    const found = [...app.topologies.values()].find(({ units }) => units.length === 1);
    if (found) return found;
    throw new Failure(
      `No topology of ${app.name} is a single unit. Add one to run it in a process that is there: { monolith: { all: "*" } }.`,
    );
  }
  const chosen = chooseTopology(app, name);
  if (chosen.units.length === 1) return chosen;
  throw new Failure(`The topology "${name}" has ${chosen.units.length} units: one process runs one of them.`);
}
