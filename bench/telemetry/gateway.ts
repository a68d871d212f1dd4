/**
 * What telemetry adds to a request at the gateway that makes one call within the process: CPU time of the whole process for
 * a request, exporting and garbage collection included. The cases take turns. Linux only.
 *
 * npx node bench/telemetry/gateway.ts [--rounds 5] [--requests 10000]
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { spread } from "../measure.ts";
import { cases } from "./cases.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, requests: { type: "string", default: "10000" } },
});
const requests = Number(values.requests);
const path = (name: string): string => new URL(name, import.meta.url).pathname;
/** Of `/proc/<pid>/stat`: 100 a second on every Linux. */
const TICK_US = 10_000;

interface Contender {
  readonly child: ChildProcess;
  readonly pool: Pool;
  readonly times: number[];
}

async function start(environment: Record<string, string>, port: number): Promise<Contender> {
  const config = path("kerf.config.ts");
  const child = spawn(
    process.execPath,
    [path("../../packages/cli/bin/kerf.js"), "start", "--config", config, "--json"],
    {
      // No service has a database: nothing is ever asked of it.
      env: {
        ...process.env,
        NODE_ENV: "production",
        KERF_DATABASE_URL: "postgres://nobody:none@127.0.0.1:1/none",
        KERF_PORT: String(port),
        ...environment,
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(child.stdout!, "data");
  child.stdout!.resume();
  return { child, pool: new Pool(`http://127.0.0.1:${port}`, { connections: 32 }), times: [] };
}

function cpuUs({ child }: Contender): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

async function load({ pool }: Contender): Promise<void> {
  let left = requests;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({ method: "GET", path: "/v1/greet/ada" });
      await body.dump();
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, client));
}

const sink = fork(path("sink.ts"));
const [endpoint] = (await once(sink, "message")) as [string];
const contenders = new Map<string, Contender>();
let port = 46_100;
for (const [name, environment] of Object.entries(cases(endpoint)))
  contenders.set(name, await start(environment, port++));
try {
  // The compiler is busy for the first rounds.
  for (let round = -4; round < Number(values.rounds); round++) {
    for (const contender of contenders.values()) {
      const before = cpuUs(contender);
      await load(contender);
      // What is to be exported is exported within a second.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      if (round >= 0) contender.times.push((cpuUs(contender) - before) / requests);
    }
  }
  console.log(`a request, us of CPU, median (min to max) of ${values.rounds} rounds of ${values.requests}`);
  for (const [name, { times }] of contenders) console.log(`  ${name.padEnd(24)} ${spread(times, 1)}`);
} finally {
  for (const { child, pool } of contenders.values()) {
    await pool.close();
    child.kill("SIGTERM");
  }
  sink.disconnect();
}
