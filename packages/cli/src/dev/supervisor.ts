import type { ChildProcess } from "node:child_process";
import { relative } from "node:path";
import type { Topology } from "kerf";
import { readableLine } from "@kerf/runtime/log";
import type { Configuration } from "../configuration.ts";
import type { ReplicaSpec } from "./processes.ts";
import type { Report } from "./report.ts";
import { unitsOf } from "./reach.ts";
import {
  keepUnit,
  type ReadyMessage,
  type UnitEvent,
  type UnitProcess,
  type UnitProcessOptions,
} from "./unit-process.ts";
import { watchFolder } from "./watch.ts";

/** In development a change should show at once: what is in flight gets this long. */
const RESTART_GRACE_MS = 1_000;

export interface SupervisorOptions {
  readonly configuration: Configuration;
  readonly topology: Topology;
  readonly report: Report;
  readonly processes: readonly ReplicaSpec[];
  readonly spawn: (process: ReplicaSpec) => ChildProcess;
  /** Who serves the gateway's port: see {@link UnitProcessOptions.onServing}. */
  readonly onServing: (process: ReplicaSpec, child: ChildProcess | undefined) => void;
  /** Nobody serves it until the process is restarted, which was told to retire. */
  readonly onRetired: (process: ReplicaSpec) => void;
  readonly watch: boolean;
  /** Every process is ready for the first time. */
  readonly onReady: (processes: ReadonlyMap<string, ReadyMessage>) => void;
  /** A process has finished what it did, as it was told to. */
  readonly onDrained?: () => void;
  /** A unit cannot start, and nothing will change that: there is no watch. */
  readonly onHopeless: () => void;
  /** kerf.config.ts or what it imports changed: the topology itself may be another. */
  readonly onConfigurationChanged: (file: string) => void;
  readonly backoffMs?: UnitProcessOptions["backoffMs"];
  readonly steadyMs?: number;
}

/** A process that is kept running. */
export interface Supervised {
  readonly process: UnitProcess;
  /** What it said when it was last ready. */
  readonly ready: ReadyMessage | undefined;
}

export interface Supervisor {
  /** @throws Error where there is none of that name */
  get(process: string): Supervised;
  /** Ends every unit; resolves when all are gone. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL to all, at once. */
  kill(): void;
}

/** Runs every unit of a topology, restarts those that die, and those whose files change. */
export function supervise(options: SupervisorOptions): Supervisor {
  const { configuration, topology, report } = options;
  const ready = new Map<string, ReadyMessage>();
  /** Why units cannot start, by unit: often one reason for many. */
  const failures = new Map<string, string>();
  let announced = false;
  let stopping = false;

  const units = new Map<string, UnitProcess>();
  for (const process of options.processes) {
    units.set(
      process.name,
      keepUnit({
        spawn: () => options.spawn(process),
        tell: (event) => told(process.name, event),
        onServing: (child) => options.onServing(process, child),
        onRetired: () => options.onRetired(process),
        ...(options.backoffMs ? { backoffMs: options.backoffMs } : {}),
        ...(options.steadyMs === undefined ? {} : { steadyMs: options.steadyMs }),
      }),
    );
  }
  const watcher = options.watch
    ? watchFolder(configuration.folder, changed, {
        onError: (error) =>
          report.say(
            "warn",
            `Cannot watch every folder (${error.message}): some changes will not restart their unit.`,
          ),
      })
    : undefined;

  function told(unit: string, event: UnitEvent): void {
    switch (event.kind) {
      case "line":
        report.unitLine(unit, event.line);
        break;
      case "ready":
        failures.delete(unit);
        ready.set(unit, event.message);
        if (!event.first)
          report.say("info", `${unit} is ready again, in ${Math.round(event.ms)} ms.`, {
            event: "ready-again",
            about: unit,
          });
        if (!announced && ready.size === options.processes.length) {
          announced = true;
          options.onReady(ready);
        }
        break;
      case "failed": {
        const like = [...failures].find(([other, reason]) => other !== unit && reason === event.message)?.[0];
        failures.set(unit, event.message);
        const text = failure(unit, event, like, options.watch);
        report.say("error", text, { event: "failed", about: unit, reason: event.message });
        if (event.againMs === undefined && !options.watch) options.onHopeless();
        break;
      }
      case "died":
        report.say("error", death(unit, event), { event: "died", about: unit, how: event.how });
        break;
      case "drained":
        report.say(
          "info",
          `${unit} has finished what it did, and takes nothing new. It stays until it is restarted.`,
          {
            event: "drained",
            about: unit,
          },
        );
        options.onDrained?.();
        break;
      case "killed":
        report.say("warn", `${unit} did not end within ${event.graceMs} ms and was killed.`, {
          event: "killed",
          about: unit,
        });
        break;
    }
  }

  function changed(files: readonly string[]): void {
    if (stopping) return;
    const causes = new Map<string, string>();
    for (const file of files) {
      const concerned = unitsOf(file, configuration, topology);
      if (concerned === "all") return options.onConfigurationChanged(relative(configuration.folder, file));
      for (const { name, unit } of options.processes)
        if (concerned.has(unit.name) && !causes.has(name))
          causes.set(name, relative(configuration.folder, file));
    }
    // What was wrong with a unit that could not start may have been anywhere.
    const first = relative(configuration.folder, files[0]!);
    for (const [unit, { kind }] of units) if (kind === "broken" && !causes.has(unit)) causes.set(unit, first);
    for (const [unit, file] of causes) {
      report.say("info", `${file} changed: restarting ${unit}.`, { event: "restarting", about: unit, file });
      units.get(unit)!.restart(RESTART_GRACE_MS);
    }
  }

  return {
    get(name) {
      const process = units.get(name);
      if (!process) throw new Error(`there is no process "${name}"`);
      return { process, ready: ready.get(name) };
    },
    async stop(graceMs) {
      stopping = true;
      watcher?.close();
      await Promise.all([...units.values()].map((unit) => unit.stop(graceMs)));
    },
    kill() {
      for (const unit of units.values()) unit.kill();
    },
  };
}

function failure(
  unit: string,
  { message, repeated, againMs }: Extract<UnitEvent, { kind: "failed" }>,
  like: string | undefined,
  watched: boolean,
): string {
  const change = watched ? "It is started again when a file changes." : "";
  const next = againMs === undefined ? change : `Trying again in ${seconds(againMs)}.`;
  if (repeated) return `${unit} still cannot start, for the same reason. ${next}`.trimEnd();
  if (like !== undefined) return `${unit} cannot start, for the same reason as ${like}. ${next}`.trimEnd();
  return `${unit} cannot start: ${message}${next && `\n${next}`}`;
}

function death(unit: string, { how, lastLines, againMs }: Extract<UnitEvent, { kind: "died" }>): string {
  const wrote = lastLines.length > 0 ? ` It last wrote:\n${lastLines.map(lastLine).join("\n")}\n` : " ";
  return `${unit} ${how}.${wrote}Starting it again in ${seconds(againMs)}.`;
}

function lastLine(line: string): string {
  return `  ${readableLine(line, { colour: false })}`;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
