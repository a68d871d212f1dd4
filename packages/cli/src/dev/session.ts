import type { ChildProcess } from "node:child_process";
import type { Topology, Unit } from "kerf";
import type { Configuration } from "../configuration.ts";
import { explain } from "../explain.ts";
import type { Output } from "../output.ts";
import { banner, gatewayOf, type DatabasePlace } from "./banner.ts";
import { environments, type Places } from "./environment.ts";
import { reportTo, type Report } from "./report.ts";
import { keepSpare, spawnKerf, type Spare } from "./spare.ts";
import { supervise } from "./supervisor.ts";
import type { ReadyMessage } from "./unit-process.ts";

/** How long units may finish what is in flight when `kerf dev` ends. */
const END_GRACE_MS = 10_000;

/** What is run: read from kerf.config.ts, perhaps again. */
export interface Application {
  readonly configuration: Configuration;
  readonly topology: Topology;
}

export interface SessionOptions extends Places {
  readonly application: Application;
  readonly output: Output;
  readonly watch: boolean;
  readonly database: DatabasePlace;
  /** performance.now() of the start. */
  readonly since: number;
  /** Loads the configuration anew. @throws what is wrong with it */
  readonly reload: () => Promise<Application>;
}

export interface Session {
  /** Another configuration to go on with, or the end, because nothing could start. */
  readonly over: Promise<Application | "hopeless">;
  end(): Promise<void>;
  kill(): void;
}

/** One run of a topology: until it is ended, or kerf.config.ts changes. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { application, output } = options;
  const { topology } = application;
  const report = reportTo(
    output,
    topology.units.map((unit) => unit.name),
  );
  const environment = await environments(topology, options);
  const { promise: over, resolve } = Promise.withResolvers<Awaited<Session["over"]>>();

  const spare = options.watch ? keepSpare(application.configuration.folder) : undefined;
  const supervisor = supervise({
    ...application,
    report,
    watch: options.watch,
    spawn: (unit) => spawnUnit(unit, options, environment.get(unit.name)!, spare),
    onHopeless: () => resolve("hopeless"),
    onReady: (units) => announce(units, options, report),
    async onConfigurationChanged(file) {
      const next = await reload(file, options, report);
      if (next) resolve(next);
    },
  });
  return {
    over,
    async end() {
      spare?.close();
      await supervisor.stop(END_GRACE_MS);
    },
    kill: () => supervisor.kill(),
  };
}

function announce(units: ReadonlyMap<string, ReadyMessage>, options: SessionOptions, report: Report): void {
  const { application, output, database } = options;
  const { topology, configuration } = application;
  const ms = Math.round(performance.now() - options.since);
  if (!output.json) {
    const lines = banner({ app: configuration.app, topology, units, database, ms }, output);
    for (const line of lines) report.say("info", line);
    return;
  }
  report.say("info", "ready", {
    event: "ready",
    topology: topology.name,
    gateway: gatewayOf(units),
    units: Object.fromEntries(units),
    ms,
  });
}

async function reload(
  file: string,
  options: SessionOptions,
  report: Report,
): Promise<Application | undefined> {
  try {
    const next = await options.reload();
    const text = `${file} changed: restarting everything, since units and services may be others now.`;
    report.say("info", text, { event: "restarting", file });
    return next;
  } catch (error) {
    const text = `${file} changed, but cannot be used; everything goes on as before.\n${explain(error)}`;
    report.say("error", text, { event: "refused", file });
    return undefined;
  }
}

function spawnUnit(
  unit: Unit,
  options: SessionOptions,
  env: NodeJS.ProcessEnv,
  spare: Spare | undefined,
): ChildProcess {
  const { configuration, topology } = options.application;
  const words = {
    topology: topology.name,
    unit: unit.name,
    config: configuration.file,
    data: options.dataDir,
  };
  const args = ["start", ...Object.entries(words).flatMap(([name, value]) => [`--${name}`, value]), "--json"];
  return spare?.take(args, env) ?? spawnKerf(args, configuration.folder, env);
}
