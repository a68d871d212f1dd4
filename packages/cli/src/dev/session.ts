import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Topology, Unit } from "kerf";
import type { Configuration } from "../configuration.ts";
import type { Output } from "../output.ts";
import { banner, gatewayOf } from "./banner.ts";
import { environments, type Places } from "./environment.ts";
import { reportTo } from "./report.ts";
import { supervise } from "./supervisor.ts";

/** How long units may finish what is in flight when `kerf dev` ends. */
const END_GRACE_MS = 10_000;

const KERF = fileURLToPath(new URL("../../bin/kerf.js", import.meta.url));

export interface SessionOptions extends Places {
  readonly configuration: Configuration;
  readonly topology: Topology;
  readonly output: Output;
  readonly watch: boolean;
  /** Where the database is, without its password. */
  readonly database: string;
  /** performance.now() of the start. */
  readonly since: number;
  /** Loads the configuration anew. @throws what is wrong with it */
  readonly reload: () => Promise<{ configuration: Configuration; topology: Topology }>;
  /** What went wrong, for people. */
  readonly explain: (error: unknown) => string;
}

export interface Session {
  /** Another configuration to go on with, or the end, because nothing could start. */
  readonly over: Promise<{ configuration: Configuration; topology: Topology } | "hopeless">;
  end(): Promise<void>;
  kill(): void;
}

/** One run of a topology: until it is ended, or kerf.config.ts changes. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { configuration, topology, output } = options;
  const names = topology.units.map((unit) => unit.name);
  const report = reportTo(output, names);
  const environment = await environments(topology, options);
  const { promise: over, resolve } = Promise.withResolvers<Awaited<Session["over"]>>();

  const supervisor = supervise({
    configuration,
    topology,
    report,
    watch: options.watch,
    spawn: (unit) => spawnUnit(unit, options, environment.get(unit.name)!),
    onHopeless: () => resolve("hopeless"),
    onReady(units) {
      const ms = performance.now() - options.since;
      if (output.json) {
        report.say("info", "ready", {
          event: "ready",
          topology: topology.name,
          gateway: gatewayOf(units),
          units: Object.fromEntries(units),
          ms: Math.round(ms),
        });
      } else
        for (const line of banner(
          { app: configuration.app, topology, units, database: options.database, ms },
          output,
        ))
          report.say("info", line);
    },
    async onConfigurationChanged(file) {
      try {
        const next = await options.reload();
        report.say(
          "info",
          `${file} changed: restarting everything, since units and services may be others now.`,
          {
            event: "restarting",
            file,
          },
        );
        resolve(next);
      } catch (error) {
        report.say(
          "error",
          `${file} changed, but cannot be used; everything goes on as before.\n${options.explain(error)}`,
          {
            event: "refused",
            file,
          },
        );
      }
    },
  });
  return { over, end: () => supervisor.stop(END_GRACE_MS), kill: () => supervisor.kill() };
}

function spawnUnit(
  unit: Unit,
  { configuration, topology, dataDir }: SessionOptions,
  env: NodeJS.ProcessEnv,
): ChildProcess {
  const args = [
    "--topology",
    topology.name,
    "--unit",
    unit.name,
    "--config",
    configuration.file,
    "--data",
    dataDir,
    "--json",
  ];
  return spawn(process.execPath, [KERF, "start", ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    cwd: configuration.folder,
    env,
  });
}
