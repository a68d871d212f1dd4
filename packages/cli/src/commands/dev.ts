import { attachEmbedded } from "@kerf/runtime/embedded";
import { command, configOption, dataOption, readPort, topologyOption } from "../arguments.ts";
import { chooseTopology, dataFolder, loadConfiguration } from "../configuration.ts";
import { listenForEndings } from "../dev/endings.ts";
import { portOwner } from "../dev/port-owner.ts";
import { isFree } from "../dev/ports.ts";
import { openSession, type Session } from "../dev/session.ts";
import { explain } from "../explain.ts";
import { standardOutput, type Output } from "../output.ts";
import { Failure } from "../usage.ts";

const HOST = "127.0.0.1";

export const dev = command({
  name: "dev",
  summary:
    "Runs every unit of a topology on this machine, and restarts a unit when a file of one of its services changes.",
  options: {
    topology: topologyOption,
    port: { value: "PORT", text: "the gateway's; default: 4000" },
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
    const output = standardOutput({ json: given.json ?? false });
    const port = given.port === undefined ? 4000 : readPort("port", given.port);
    const load = async (version: number) => {
      const configuration = await loadConfiguration(given.config, { version });
      return { configuration, topology: chooseTopology(configuration.app, given.topology) };
    };
    let current = await load(0);
    await refuseUsedPort(port);

    let session: Session | undefined;
    const endings = listenForEndings(() => session?.kill());
    const { signal } = endings;
    const asked = new Promise<"asked">((resolve) => signal.addEventListener("abort", () => resolve("asked")));
    const dataDir = dataFolder(current.configuration, given.data);
    const server = await openDatabase(dataDir, output, signal);
    try {
      for (let version = 1; !signal.aborted; version++) {
        session = await openSession({
          ...current,
          output,
          host: HOST,
          port,
          dataDir,
          watch: !given["no-watch"],
          database: server?.place ?? "that of KERF_DATABASE_URL",
          since: version === 1 ? since : performance.now(),
          reload: () => load(version),
          explain,
        });
        const next = await Promise.race([session.over, asked]);
        if (next === "asked" && !output.json) output.line("\nEnding. Ctrl-C again ends it at once.");
        await session.end();
        if (next === "hopeless") return 1;
        if (next !== "asked") current = next;
      }
      return signal.reason as number;
    } finally {
      await server?.release();
      endings.close();
    }
  },
});

async function refuseUsedPort(port: number): Promise<void> {
  if (port === 0 || (await isFree(HOST, port))) return;
  const owner = portOwner(port);
  throw new Failure(
    `Port ${port} is in use${owner ? ` by ${owner}` : ""}. Stop that, or choose another port: kerf dev --port ${port + 1}.`,
  );
}

async function openDatabase(dataDir: string, output: Output, signal: AbortSignal) {
  if (process.env["KERF_DATABASE_URL"]) return undefined;
  const log = output.json ? {} : { log: (line: string) => output.line(line) };
  const server = await attachEmbedded({ dataDir, signal, ...log });
  return {
    place: `${server.host}:${server.port} (PostgreSQL in ${dataDir})`,
    release: () => server.release({ now: true }),
  };
}
