// The edge beside its peers: requests per second at 64 connections, p50 and p99, with and without authentication.
// `npx node bench/edge/main.ts [--rounds 5] [--seconds 3] [--only Kerf,Fastify]`. Needs `wrk` (apt-get install wrk).
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { contenders } from "./contenders.ts";
import { startProvider } from "./identity.ts";
import { load } from "./load.ts";
import { report } from "./report.ts";
import { requests, routes, type EdgeRoute } from "./routes.ts";
import type { Sample, Samples } from "./sample.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    only: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = 64;
const names = Object.keys(contenders).filter(
  (name) => values.only === undefined || values.only.split(",").includes(name),
);

const provider = await startProvider(200);
const folder = await mkdtemp(join(tmpdir(), "bench-edge-"));
const samples: Samples = new Map(names.map((name) => [name, new Map()]));

async function cpuUs(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [usage] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return usage.user + usage.system;
}

interface Server {
  readonly process: ChildProcess;
  readonly url: string;
}

async function start(name: string): Promise<Server> {
  const child = fork(new URL("worker.ts", import.meta.url), [name, provider.issuer], {
    env: { ...process.env, NODE_ENV: "production" },
  });
  const [url] = (await once(child, "message")) as [string];
  return { process: child, url };
}

async function measure(
  { process: child, url }: Server,
  route: EdgeRoute,
  known: boolean,
  forSeconds: number,
): Promise<Sample> {
  const { paths, body } = requests[route.name];
  const before = await cpuUs(child);
  const loaded = await load(folder, {
    origin: url,
    paths: paths.map((path) => `/v1${known ? "/mine" : ""}${path}`),
    method: route.method,
    body,
    tokens: known ? provider.tokens : [],
    connections,
    seconds: forSeconds,
  });
  return { ...loaded, cpuUs: ((await cpuUs(child)) - before) / loaded.requests };
}

/** Everything once, by a process of its own: two processes of the same program differ by as much as 20 %. */
async function measureAll(name: string): Promise<void> {
  const server = await start(name);
  const own = samples.get(name)!;
  for (const route of routes) for (const known of [false, true]) await measure(server, route, known, 1);
  for (const route of routes) {
    for (const known of [false, true]) {
      const what = known ? `${route.name}, known` : route.name;
      own.set(what, [...(own.get(what) ?? []), await measure(server, route, known, seconds)]);
    }
  }
  server.process.disconnect();
  await once(server.process, "exit");
}

try {
  for (let round = 0; round < rounds; round++) {
    // Whoever goes second finds a warmer machine: each round begins with another one.
    const order = [...names.slice(round % names.length), ...names.slice(0, round % names.length)];
    for (const name of order) await measureAll(name);
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  report(samples, { rounds, seconds, connections });
} finally {
  provider.close();
  await rm(folder, { recursive: true });
}
