import type { ChildProcess } from "node:child_process";
import type { Topology } from "kerf";
import type { Configuration } from "../configuration.ts";
import { explain } from "../explain.ts";
import type { Output } from "../output.ts";
import { banner, gatewayOf, type DatabasePlace } from "./banner.ts";
import { callMember } from "./call-member.ts";
import { chaosControl } from "./control/chaos-control.ts";
import { controlled } from "./control/controlled.ts";
import { openControlSocket } from "./control/socket.ts";
import { keepDashboard, urlOf, type KeptDashboard } from "./dashboard/keep-dashboard.ts";
import { watchProcesses } from "./dashboard/watch-processes.ts";
import { environments, type Places } from "./environment.ts";
import type { HeldPort } from "./held-port.ts";
import { processesOf, type ReplicaSpec } from "./processes.ts";
import { chooseProvider, type SessionProvider } from "./provider.ts";
import { reportTo, type Report } from "./report.ts";
import { keepSpare, spawnKerf, type Spare } from "./spare.ts";
import { supervise } from "./supervisor.ts";
import type { ReadyMessage, UnitProcess } from "./unit-process.ts";

/** How long units may finish what is in flight when `kerf dev` ends. */
const END_GRACE_MS = 10_000;
/** How long a unit that is drained by hand may take: as long as one that a deployment ends. */
const DRAIN_GRACE_MS = 30_000;
/**
 * The dashboard starts when all units are ready, since they need the processor more; at the latest now, since one that
 * cannot start is worth looking at too. What is sent to it before is sent again.
 */
const DASHBOARD_AFTER_MS = 5_000;

/** What is run: read from kerf.config.ts, perhaps again. */
export interface Application {
  readonly configuration: Configuration;
  readonly topology: Topology;
}

export interface SessionOptions extends Places {
  readonly application: Application;
  readonly output: Output;
  /** Outlives the session: who connects meanwhile waits. */
  readonly heldPort: HeldPort;
  readonly watch: boolean;
  /** Of each unit. */
  readonly replicas: number;
  readonly database: DatabasePlace;
  /** The administrator's URL of the embedded server; undefined where the database is another. */
  readonly adminUrl: string | undefined;
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
  const processes = processesOf(application.topology, options.replicas);
  const told = reportTo(
    output,
    processes.map(({ name }) => name),
  );
  const report: Report = {
    ...told,
    unitLine(unit, line) {
      told.unitLine(unit, line);
      dashboard?.line(unit, line);
    },
  };
  const provider = await chooseProvider(application.configuration.app, options);
  const environment = await environments(processes, { ...options, issuer: provider?.issuer });
  const { promise: over, resolve } = Promise.withResolvers<Awaited<Session["over"]>>();

  const spare = options.watch ? keepSpare(application.configuration.folder) : undefined;
  const control = controlled({
    ...options,
    ...application,
    processes,
    environment,
    supervised: (name) => supervisor.get(name),
  });
  const processOf = (name: string): UnitProcess => supervisor.get(name).process;
  const watched = watchProcesses(application.topology, processes, (name) => supervisor.get(name));
  const dashboard =
    options.dashboard &&
    keepDashboard({
      ...options.dashboard,
      app: application.configuration.app.name,
      topology: application.topology.name,
      config: application.configuration.file,
      folder: application.configuration.folder,
      dataDir: options.dataDir,
      report: told,
      people: provider?.people,
      describe: watched.describe,
      restart: (name) => control.session.restart(name),
      tokenFor: (person) => tokenOf(provider, person),
      call: (call) => callMember(call, { processes, people: provider?.people ?? [], processOf }),
      drain: (unit) => drainUnit(processes, unit, processOf),
    });
  const supervisor = supervise({
    ...application,
    processes,
    report,
    watch: options.watch,
    spawn(process) {
      watched.started(process.name);
      dashboard?.changed();
      return spawnUnit(process, options, control.environmentOf(process.name), spare);
    },
    onServing({ unit, replica }, child) {
      if (unit.gateway && replica === 1) options.heldPort.serveBy(child);
    },
    onDrained: () => dashboard?.changed(),
    onRetired({ unit, replica }) {
      if (unit.gateway && replica === 1) options.heldPort.refuse();
    },
    onHopeless: () => resolve("hopeless"),
    onReady: (units) => void announce(units, options, report, provider, dashboard),
    async onConfigurationChanged(file) {
      const next = await reload(file, options, report);
      if (next) resolve(next);
    },
  });
  void provider?.start(report);
  const late = setTimeout(() => dashboard?.start(), DASHBOARD_AFTER_MS);
  const socket = await openControlSocket(options.dataDir, chaosControl(control.session));
  return {
    over,
    async end() {
      // What is paused could not end.
      clearTimeout(late);
      await socket?.close();
      spare?.close();
      await supervisor.stop(END_GRACE_MS);
      // After the units: what they send last is kept.
      await dashboard?.close();
      await provider?.close();
      await control.close();
    },
    kill() {
      supervisor.kill();
      dashboard?.kill();
    },
  };
}

async function announce(
  units: ReadonlyMap<string, ReadyMessage>,
  options: SessionOptions,
  report: Report,
  provider: SessionProvider | undefined,
  kept: KeptDashboard | undefined,
): Promise<void> {
  kept?.start(gatewayOf(units));
  const { application, output, database } = options;
  const { topology, configuration } = application;
  const issuer = (await provider?.start(report)) ? provider!.issuer : undefined;
  const ms = Math.round(performance.now() - options.since);
  if (!output.json) {
    const running = { app: configuration.app, topology, units, issuer, database, ms };
    const lines = banner(running, output);
    for (const line of lines) report.say("info", line);
    return;
  }
  report.say("info", "ready", {
    event: "ready",
    topology: topology.name,
    gateway: gatewayOf(units),
    issuer,
    // Where it will be: it says so itself when it is there.
    dashboard: options.dashboard && urlOf(options.dashboard),
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

/** Rejects where nobody has a token here. */
async function tokenOf(provider: SessionProvider | undefined, person: string): Promise<string> {
  if (!provider) throw new Error("the people are those of another provider");
  return provider.tokenFor(person);
}

/** @throws Error where no process of the unit could hear it */
function drainUnit(
  processes: readonly ReplicaSpec[],
  name: string,
  processOf: (name: string) => Pick<UnitProcess, "retire">,
): void {
  const told = processes.filter(({ unit }) => unit.name === name).map((one) => processOf(one.name));
  if (!told.map((one) => one.retire(DRAIN_GRACE_MS)).some(Boolean))
    throw new Error(`no process of the unit "${name}" is ready, so there is nothing to drain`);
}

function spawnUnit(
  { unit }: ReplicaSpec,
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
