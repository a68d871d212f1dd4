import { flushCompileCache } from "node:module";
import { contractsOf, createLog, edges, loadGraph, type Graph } from "@kerf/runtime";
import { LOG_LEVELS, type Logger, type LogLevel } from "@kerf/runtime/log";
import type { LogLines } from "@kerf/telemetry";
import type { ContractFacts, Topology, Unit } from "kerf";
import { command, configOption, dataOption, topologyOption } from "../arguments.ts";
import { chooseTopology, chooseUnit, dataFolder, loadConfiguration } from "../configuration.ts";
import { answerCalls } from "../dev/answer-calls.ts";
import { isSupervisorMessage, SUPERVISED, type UnitMessage } from "../dev/messages.ts";
import { listenForEndings } from "../endings.ts";
import { explain, lasts } from "../explain.ts";
import { allocateYoung } from "../heap.ts";
import { lockToRunWith } from "../lock.ts";
import { takeStandardOutput } from "../output.ts";
import { runUnit, type RunningProcess } from "../unit.ts";
import { Failure, refuseWord } from "../usage.ts";

const GRACE_MS = 30_000;

export const start = command({
  name: "start",
  summary: "Runs one unit of a topology in this process: what a deployment starts.",
  options: {
    unit: { value: "NAME", text: "which unit; may be left out where the topology has only one" },
    topology: topologyOption,
    data: dataOption,
    config: configOption,
    json: { text: "a JSON line for each line of the log, on a terminal too" },
  },
  notes: [
    "Environment:",
    "  KERF_DATABASE_URL    postgres://user:password@host:port/database; default: the embedded PostgreSQL",
    "  KERF_LISTEN          host:port on which other units reach this one",
    '  KERF_ENDPOINTS       where the other units are: \'{"back":"10.0.0.7:5000,10.0.0.8:5000"}\'',
    "  KERF_DISCOVERY=dns   finds them by DNS: <unit><KERF_DNS_SUFFIX>, on KERF_DNS_PORT",
    "  KERF_HOST KERF_PORT  of the gateway; default: 127.0.0.1 and 4000",
    "  KERF_OIDC_ISSUER KERF_OIDC_AUDIENCE   whose access tokens are believed, and for whom they must be",
    "  KERF_API_KEYS_FILE   keys of machines, as kerf api-keys writes them",
    "  KERF_RELEASES_FILE   which new builds of services are tried, as kerf release writes it",
    "  KERF_HEALTH_HOST KERF_HEALTH_PORT   /livez, /readyz, /status and /metrics; default: 127.0.0.1, one that is free",
    "  OTEL_EXPORTER_OTLP_ENDPOINT and its like: where traces, metrics and logs go; default: nowhere",
    "  KERF_LOG_LEVEL       trace, debug, info, warn, error; default: info",
    "  KERF_<SERVICE>_<NAME>, or a file named by KERF_<SERVICE>_<NAME>_FILE: settings of a service",
    "",
    "SIGTERM or Ctrl-C: finishes what is in flight, 30 s at most, and ends; a second one ends it at once.",
  ],
  async run(given) {
    const since = performance.now();
    allocateYoung();
    const endings = listenForEndings(() => process.exit(1));
    const free = whenFree();
    const pretty = !given.json && process.stdout.isTTY;
    // Each line is then one of the log, which writes to the file itself; code prints what it likes.
    if (!pretty) takeStandardOutput();
    let loaded = false;
    try {
      const { logLines, prepareTelemetry } = await import("@kerf/telemetry");
      await prepareTelemetry(process.env);
      const lines = logLines(process.env);
      const configuration = await loadConfiguration(given.config);
      const topology = chooseTopology(configuration.app, given.topology);
      const unit = chooseUnit(topology, given.unit);
      const log = openLog(unit, pretty, lines);
      logUnexpected(log);
      const graph = await loadGraph(configuration.app);
      requireEndpoints(graph, topology, unit);
      const contracts = contractsOf(graph);
      const frozen = process.env["NODE_ENV"] === "production";
      const lock = await lockToRunWith(configuration.folder, contracts, { frozen });
      loaded = true;
      if ((await Promise.race([free, endings.asked])) !== "free") return 0;

      const starting = runUnit({
        graph,
        topology,
        unit,
        environment: process.env,
        dataDir: dataFolder(configuration, given.data),
        lock,
        log,
        lines,
        signal: endings.signal,
      });
      const running = await Promise.race([starting, endings.asked]);
      // What has been begun is undone by the database when its connections close.
      if ("exitCode" in running) return 0;
      await announce(running, log, performance.now() - since);
      const calls = answerCalls(running);
      const retiring = whenToldToRetire((retireMs) => running.retire(retireMs));
      const { graceMs = GRACE_MS } = await endings.asked;
      log[process.env[SUPERVISED] ? "debug" : "info"]("ending: finishing what is in flight");
      retiring.close();
      calls.close();
      await running.drain(graceMs);
      return 0;
    } catch (error) {
      if (!process.env[SUPERVISED]) throw error;
      await tell({ kerf: "failed", message: explain(error), lasting: !loaded || lasts(error) });
      return 1;
    } finally {
      endings.close();
    }
  },
});

/** Where a supervisor restarts a unit, the next process loads its code while the one before still has its port and its leases. */
async function whenFree(): Promise<"free"> {
  if (process.env[SUPERVISED])
    await new Promise<void>((resolve) =>
      process.on("message", (value) => {
        if (isSupervisorMessage(value) && value.kerf === "begin") resolve();
      }),
    );
  return "free";
}

/** A supervisor may have a unit finish what it does and stay, so that it can be looked at. */
function whenToldToRetire(retire: (graceMs: number) => Promise<void>): { close(): void } {
  const hear = (value: unknown) => {
    if (isSupervisorMessage(value) && value.kerf === "retire")
      void retire(value.graceMs).then(() => tell({ kerf: "retired" }));
  };
  process.on("message", hear);
  return { close: () => void process.off("message", hear) };
}

function openLog(unit: Unit, pretty: boolean, copy: LogLines | undefined): Logger {
  const level = process.env["KERF_LOG_LEVEL"] || "info";
  if (!isLevel(level)) return refuseWord("level of KERF_LOG_LEVEL", level, LOG_LEVELS);
  return createLog({ unit: unit.name, level, pretty, colour: pretty && !process.env["NO_COLOR"], copy });
}

function isLevel(level: string): level is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(level);
}

/** What nobody caught leaves the process in an unknown state. */
function logUnexpected(log: Logger): void {
  const fail = (err: unknown) => {
    log.fatal({ err }, "something was thrown that nobody caught; this process ends");
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
}

/** A unit that cannot find another would only say so when the first call fails. */
function requireEndpoints(graph: Graph, topology: Topology, unit: Unit): void {
  if (process.env["KERF_ENDPOINTS"] || process.env["KERF_DISCOVERY"]) return;
  const called = edges(graph, topology)
    .filter(
      ({ from, kind, crosses }) =>
        crosses && unit.services.includes(from) && kind !== "event" && kind !== "send",
    )
    .map(({ to }) => to);
  const routed = unit.gateway
    ? [...graph.services].filter(([, { facts }]) => hasRoute(facts)).map(([name]) => name)
    : [];
  const needed = topology.units
    .filter(
      (other) =>
        other !== unit && other.services.some((name) => called.includes(name) || routed.includes(name)),
    )
    .map(({ name }) => [name, "host:port"]);
  if (needed.length === 0) return;
  throw new Failure(
    `The unit "${unit.name}" calls others, and KERF_ENDPOINTS does not say where they are (nor does KERF_DISCOVERY). ` +
      `Set it to '${JSON.stringify(Object.fromEntries(needed))}', ` +
      `or run everything on this machine with: kerf dev --topology ${topology.name}.`,
  );
}

function hasRoute({ members }: ContractFacts): boolean {
  return [...members.values()].some((member) => member.kind !== "event" && member.http !== undefined);
}

async function announce(running: RunningProcess, log: Logger, ms: number): Promise<void> {
  const { address, gateway, example, health } = running;
  if (!process.env[SUPERVISED]) log.info({ address, gateway, health, ms: Math.round(ms) }, "ready");
  await tell({ kerf: "ready", address, gateway, example, health });
  // The next start then finds its code compiled, also when this process is killed.
  flushCompileCache();
}

/** Resolves when it is on its way: a process that ends would take it with it. */
async function tell(message: UnitMessage): Promise<void> {
  if (process.connected) await new Promise<void>((sent) => process.send!(message, () => sent()));
}
