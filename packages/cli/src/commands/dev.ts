import { relative } from "node:path";
import { attachEmbedded } from "@kerf/runtime/embedded";
import { command, configOption, dataOption, readPort, topologyOption } from "../arguments.ts";
import { chooseTopology, dataFolder, loadConfiguration } from "../configuration.ts";
import { placeDashboard } from "../dev/dashboard/keep-dashboard.ts";
import { holdPort } from "../dev/held-port.ts";
import { portOwner } from "../dev/port-owner.ts";
import { freePorts, isFree } from "../dev/ports.ts";
import { openSession, type Application, type Session, type SessionOptions } from "../dev/session.ts";
import { listenForEndings } from "../endings.ts";
import { standardOutput, type Output } from "../output.ts";
import { Failure, UsageError } from "../usage.ts";

const HOST = "127.0.0.1";

export const dev = command({
  name: "dev",
  summary:
    "Runs every unit of a topology on this machine, and restarts a unit when a file of one of its services changes.",
  options: {
    topology: topologyOption,
    port: { value: "PORT", text: "the gateway's; default: 4000" },
    replicas: { value: "N", text: "processes of each unit, 1 to 5; default: 1" },
    "no-dashboard": { text: "no dashboard, and units keep their telemetry to themselves" },
    "no-watch": { text: "do not restart units when files change" },
    data: dataOption,
    config: configOption,
    json: { text: "JSON lines instead of text" },
  },
  notes: [
    "The database is an embedded PostgreSQL, or the server of KERF_DATABASE_URL.",
    "Ctrl-C ends everything; a second one ends it at once.",
  ],
  async run(given) {
    const since = performance.now();
    const json = given.json ?? false;
    // kerf.config.ts is loaded in this process, and prints what it likes.
    const output = standardOutput({ json, alone: json });
    let version = 0;
    const load = async () => {
      const configuration = await loadConfiguration(given.config, { version: version++ });
      return { configuration, topology: chooseTopology(configuration.app, given.topology) };
    };
    const application = await load();
    const replicas = readReplicas(given.replicas);
    const port = await gatewayPort(given.port);
    const dataDir = dataFolder(application.configuration, given.data);
    const heldPort = await holdPort(HOST, port);
    const dashboard = given["no-dashboard"] ? undefined : await placeDashboard(HOST, port);
    return runSessions(
      application,
      { output, host: HOST, port, heldPort, dashboard, dataDir, watch: !given["no-watch"], replicas, since },
      load,
    );
  },
});

/** One session after the other, until somebody asks to end or nothing can start. Gives the exit code. */
async function runSessions(
  application: Application,
  options: Omit<SessionOptions, "application" | "database" | "adminUrl" | "reload">,
  load: () => Promise<Application>,
): Promise<number> {
  let session: Session | undefined;
  const endings = listenForEndings(() => session?.kill());
  let server: Awaited<ReturnType<typeof openDatabase>>;
  try {
    server = await openDatabase(options.dataDir, options.output, endings.signal);
    let { since } = options;
    while (!endings.signal.aborted) {
      session = await openSession({
        ...options,
        since,
        application,
        adminUrl: server?.adminUrl,
        database: server?.place ?? { address: "", what: "the server of KERF_DATABASE_URL" },
        reload: load,
      });
      const over = await Promise.race([session.over, endings.asked.then(() => "asked" as const)]);
      if (over === "asked") options.output.note("\nEnding. Ctrl-C again ends it at once.");
      if (over === "asked" || over === "hopeless") options.heldPort.close();
      await session.end();
      if (over === "hopeless") return 1;
      if (over !== "asked") application = over;
      since = performance.now();
    }
    return (await endings.asked).exitCode;
  } catch (error) {
    // Ctrl-C while it was starting: what was given up is no failure.
    if (endings.signal.aborted) return (await endings.asked).exitCode;
    throw error;
  } finally {
    options.heldPort.close();
    await server?.release();
    endings.close();
  }
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

async function gatewayPort(text: string | undefined): Promise<number> {
  const port = text === undefined ? 4000 : readPort("port", text);
  if (port === 0) return (await freePorts(HOST, 1))[0]!;
  if (await isFree(HOST, port)) return port;
  const owner = portOwner(port);
  throw new Failure(
    `Port ${port} is in use${owner ? ` by ${owner}` : ""}. Stop that, or choose another port: kerf dev --port ${port + 1}.`,
  );
}

function readReplicas(text = "1"): number {
  if (/^[1-5]$/.test(text)) return Number(text);
  throw new UsageError(`--replicas ${text}: a number from 1 to 5.`);
}

async function openDatabase(dataDir: string, output: Output, signal: AbortSignal) {
  if (process.env["KERF_DATABASE_URL"]) return undefined;
  const server = await attachEmbedded({ dataDir, signal, log: (line) => output.note(line) });
  return {
    place: { address: `${server.host}:${server.port}`, what: `PostgreSQL in ${shown(dataDir)}` },
    adminUrl: server.url,
    release: () => server.release({ now: true }),
  };
}
