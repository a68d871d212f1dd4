import { randomBytes } from "node:crypto";
import { constants, setPriority } from "node:os";
import type { ChildProcess } from "node:child_process";
import type { PastGateway } from "@kerf/dashboard";
import { eachLine } from "../lines.ts";
import type { Called } from "../messages.ts";
import { freePorts, isFree } from "../ports.ts";
import type { Report } from "../report.ts";
import { spawnKerf } from "../spare.ts";
import { removeAddress, writeAddress } from "./address-file.ts";
import { DASHBOARD, type Described, type FromDashboard, type Opening, type ToDashboard } from "./messages.ts";

/** Where the dashboard is, for as long as `kerf dev` runs: a page that is open stays so when a session follows another. */
export interface DashboardPlace {
  readonly host: string;
  readonly port: number;
  /** For OTLP over gRPC. */
  readonly grpcPort: number;
  readonly token: string;
}

const LINES_EVERY_MS = 200;
const MOST_LINES = 2_000;
const AGAIN_MS = 2_000;
const MOST_FAILURES = 5;
const END_MS = 3_000;

/** Finds ports two and three above the gateway's, where they are free: a bookmark then stays good. */
export async function placeDashboard(host: string, gatewayPort: number): Promise<DashboardPlace> {
  const [one, other] = await freePorts(host, 2);
  const near = async (port: number, otherwise: number): Promise<number> =>
    port < 65_536 && (await isFree(host, port)) ? port : otherwise;
  const port = await near(gatewayPort + 2, one!);
  const grpcPort = await near(gatewayPort + 3, other!);
  return { host, port, grpcPort, token: randomBytes(32).toString("base64url") };
}

export function urlOf({ host, port, token }: DashboardPlace): string {
  return `http://${host}:${port}/#token=${token}`;
}

/** What units are told, so that their telemetry arrives. What the user says of telemetry stays. */
export function telemetryOf(
  place: DashboardPlace | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const said = Object.keys(environment).some(
    (name) => /^OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT$/.test(name) && environment[name],
  );
  if (!place) return {};
  const url = `http://${place.host}:${place.port}`;
  if (said) return { KERF_DASHBOARD_OTLP: url };
  // They are for whoever the user sends telemetry to at other times, and may hold a key.
  const headers = Object.keys(environment).filter((name) => /^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/.test(name));
  return {
    ...Object.fromEntries(headers.map((name) => [name, ""])),
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    // The supervisor reads the logs of units already.
    OTEL_LOGS_EXPORTER: environment["OTEL_LOGS_EXPORTER"] || "none",
    OTEL_METRIC_EXPORT_INTERVAL: environment["OTEL_METRIC_EXPORT_INTERVAL"] || "5000",
  };
}

export interface DashboardOptions extends Omit<Opening, "kerf"> {
  /** The folder of kerf.config.ts. */
  readonly folder: string;
  readonly report: Report;
  readonly describe: () => Described;
  /** @throws Error where there is no such process */
  readonly restart: (process: string) => void;
  /** @throws Error where none of its processes is ready */
  readonly drain: (unit: string) => void;
  /** An access token of one of `people`. */
  readonly tokenFor: (person: string) => Promise<string>;
  /** Calls a member past the gateway. Rejects where nobody could be asked. */
  readonly call: (call: PastGateway) => Promise<Called>;
}

/** The process of the dashboard, kept running beside the units, with less of a right to the processor than they have. */
export interface KeptDashboard {
  /** Starts it, once; with the gateway's URL where that is known. */
  start(gateway?: string): void;
  line(unit: string, line: string): void;
  /** Files of the application are others now. */
  changed(): void;
  close(): Promise<void>;
  kill(): void;
}

export function keepDashboard(options: DashboardOptions): KeptDashboard {
  const { folder, report, describe, restart, drain, tokenFor, call, ...opening } = options;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let started = false;
  let serving = false;
  let told = false;
  let ending = false;
  let failures = 0;
  let gateway: string | undefined;
  let lines: (readonly [string, string])[] = [];
  let flushing: NodeJS.Timeout | undefined;

  const tell = (message: ToDashboard): void => {
    if (child?.connected) child.send(message, () => {});
  };

  function open(): void {
    const opened = spawnKerf([DASHBOARD], folder, process.env);
    child = opened;
    try {
      if (opened.pid !== undefined) setPriority(opened.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It runs all the same.
    }
    for (const stream of [opened.stdout, opened.stderr])
      if (stream) eachLine(stream, (line) => report.unitLine("dashboard", line));
    opened.on("message", (message) => heard(message as FromDashboard));
    opened.once("error", () => {});
    opened.once("close", (code, signal) => {
      child = undefined;
      serving = false;
      if (opened.pid !== undefined) removeAddress(opening.dataDir, opened.pid);
      if (ending) return;
      failures++;
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      const again = failures < MOST_FAILURES;
      const next = again ? `Starting it again in ${AGAIN_MS / 1_000} s.` : "It is left out from here on.";
      report.say("warn", `The dashboard ${how}. ${next}`, { event: "dashboard-died", how });
      if (again) timer = setTimeout(open, AGAIN_MS);
    });
    tell({ kerf: "open", ...opening });
    tell({ kerf: "gateway", url: gateway });
  }

  function heard(message: FromDashboard): void {
    switch (message.kerf) {
      case "opened":
        serving = true;
        tellWhere();
        return;
      case "failed":
        report.say("warn", `There is no dashboard: ${message.message}`, { event: "dashboard-failed" });
        failures = MOST_FAILURES;
        return;
      case "describe":
        return tell({ kerf: "answer", id: message.id, value: describe() });
      case "restart":
        return void done(message.id, () => restart(message.process));
      case "drain":
        return void done(message.id, () => drain(message.unit));
      case "token":
        return void done(message.id, () => tokenFor(message.person));
      case "call":
        return void done(message.id, () => call(message.call));
    }
  }

  /** The first time to people, and each time to programs of this user. */
  function tellWhere(): void {
    const { host, port, dataDir } = opening;
    if (!told)
      report.say("info", `The dashboard: ${urlOf(opening)}`, { event: "dashboard", url: urlOf(opening) });
    told = true;
    if (child?.pid === undefined) return;
    try {
      writeAddress(dataDir, { url: `http://${host}:${port}`, token: opening.token, pid: child.pid });
    } catch (error) {
      const reason = (error as Error).message;
      report.say("warn", `Commands in another terminal will not find the dashboard: ${reason}`, {
        event: "dashboard-address",
        reason,
      });
    }
  }

  async function done(id: number, act: () => unknown): Promise<void> {
    try {
      tell({ kerf: "answer", id, value: await act() });
    } catch (error) {
      tell({ kerf: "answer", id, error: (error as Error).message });
    }
  }

  function flush(): void {
    flushing = undefined;
    if (lines.length > 0) tell({ kerf: "lines", lines });
    lines = [];
  }

  return {
    start(url) {
      gateway = url ?? gateway;
      if (started) return tell({ kerf: "gateway", url: gateway });
      started = true;
      open();
    },
    line(unit, line) {
      // Before it is there, and where more is written than anybody reads, the latest are enough.
      if (ending || lines.length >= MOST_LINES) return;
      lines.push([unit, line]);
      if (started) flushing ??= setTimeout(flush, LINES_EVERY_MS);
    },
    changed() {
      tell({ kerf: "changed" });
    },
    async close() {
      ending = true;
      clearTimeout(timer);
      clearTimeout(flushing);
      flush();
      const last = child;
      if (!last) return;
      const gone = new Promise<void>((resolve) => last.once("close", () => resolve()));
      // One that does not serve yet has nothing to write.
      if (serving) tell({ kerf: "end" });
      else last.kill("SIGKILL");
      const late = setTimeout(() => last.kill("SIGKILL"), END_MS);
      await gone;
      clearTimeout(late);
    },
    kill() {
      ending = true;
      clearTimeout(timer);
      if (child?.pid !== undefined) removeAddress(opening.dataDir, child.pid);
      child?.kill("SIGKILL");
    },
  };
}
