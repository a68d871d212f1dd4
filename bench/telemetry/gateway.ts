/**
 * What telemetry takes from the gateway: CPU of a request at the same rate for all, sending and garbage collection included, and
 * requests a second at 64 connections that ask as fast as they can; beside Fastify with OpenTelemetry's own SDK. Each round
 * starts each case anew, since two processes of the same program differ, and compares it with the one without telemetry of that
 * round. Where `wrk` has to wait for the server, each answer has to wake it, which costs the server microseconds more: so what
 * is a little slower looks a lot slower by requests a second, and the same rate for all says more. Linux only; needs `wrk`.
 *
 * `npx node bench/telemetry/gateway.ts [--rounds 7] [--seconds 3] [--warm 2] [--only "Kerf;Kerf, the shop"]`
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { attachEmbedded } from "@kerf/runtime/embedded";
import { load } from "../edge/load.ts";
import { spread } from "../measure.ts";
import { kerfCases, stockCases } from "./cases.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "3" },
    warm: { type: "string", default: "2" },
    only: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = 64;
/** Of `/proc/<pid>/stat`: 100 a second on every Linux. */
const tickUs = 10_000;
const path = (name: string): string => new URL(name, import.meta.url).pathname;

interface Contender {
  readonly name: string;
  readonly cases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly program: (port: number) => readonly string[];
  /** By what they are called in the report. */
  readonly routes: Readonly<Record<string, (origin: string) => Promise<string>>>;
}

interface Sample {
  /** Of a request, at the same rate for all. */
  readonly steadyCpuUs: number;
  readonly perSecond: number;
  /** Of a request, where they come as fast as they are answered. */
  readonly cpuUs: number;
}

/** Between an answer and the next request of a connection: some 6,000 requests a second. */
const thinkMs = 10;

const kerf = path("../../packages/cli/bin/kerf.js");
const sink = fork(path("sink.ts"));
const [endpoint] = (await once(sink, "message")) as [string];
const contenders: readonly Contender[] = [
  {
    name: "Kerf",
    cases: kerfCases(endpoint),
    program: (): readonly string[] => [kerf, "start", "--config", path("kerf.config.ts"), "--json"],
    // The one is answered by its service, the other asks a second one within the process.
    routes: {
      "answered at once": async () => "/v1/hello/ada",
      "with one call inside": async () => "/v1/greet/ada",
    },
  },
  {
    name: "Kerf, the shop",
    cases: kerfCases(endpoint),
    program: (): readonly string[] => [
      kerf,
      "start",
      "--config",
      path("../../examples/shop/kerf.config.ts"),
      "--json",
    ],
    routes: {
      "products, from the cache": async () => "/v1/products?search=heart",
      "a cart, from PostgreSQL": async (origin: string) => `/v1/carts/${await newCart(origin)}`,
    },
  },
  {
    name: "Fastify, OpenTelemetry's SDK",
    cases: stockCases(endpoint),
    program: (port: number): readonly string[] => [path("fastify.ts"), String(port)],
    routes: { "answered at once": async () => "/v1/hello/ada" },
  },
].filter(({ name }) => values.only === undefined || values.only.split(";").includes(name));

const order = Object.keys(kerfCases(endpoint));
const folder = await mkdtemp(join(tmpdir(), "bench-telemetry-"));
// PostgreSQL runs as nobody where this runs as root.
await chmod(folder, 0o711);
const database = await attachEmbedded({ dataDir: join(folder, "data") });

async function newCart(origin: string): Promise<string> {
  const reply = await fetch(`${origin}/v1/carts`, { method: "POST" });
  return ((await reply.json()) as { cartId: string }).cartId;
}
/** Contender and route, then the case. */
const samples = new Map<string, Map<string, Sample[]>>();

async function start(
  program: readonly string[],
  environment: Readonly<Record<string, string>>,
  port: number,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, program, {
    env: {
      ...process.env,
      NODE_ENV: "production",
      KERF_DATABASE_URL: database.url,
      KERF_PORT: String(port),
      ...environment,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  // The shop has much to say before it is ready, and makes its data at its first start.
  while (!(await answers(`http://127.0.0.1:${port}`))) {
    if (child.exitCode !== null) throw new Error(`${program.join(" ")} ended (${child.exitCode})`);
    await sleep(50);
  }
  return child;
}

async function answers(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/v1/hello/ada`)).status < 500;
  } catch {
    return false;
  }
}

function cpuUs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

async function ask(child: ChildProcess, port: number, route: string, forSeconds: number, think?: number) {
  const before = cpuUs(child);
  const { requests, perSecond } = await load(folder, {
    origin: `http://127.0.0.1:${port}`,
    paths: [route],
    method: "GET",
    tokens: [],
    connections,
    seconds: forSeconds,
    ...(think !== undefined && { thinkMs: think }),
  });
  return { perSecond, cpuUs: (cpuUs(child) - before) / requests };
}

async function measure(child: ChildProcess, port: number, route: string): Promise<Sample> {
  const steady = await ask(child, port, route, seconds, thinkMs);
  return { steadyCpuUs: steady.cpuUs, ...(await ask(child, port, route, seconds)) };
}

// Below those that the system gives to whoever connects.
let port = 21_100;
async function measureAll({ name, cases, program, routes }: Contender, round: number): Promise<void> {
  const entries = Object.entries(cases);
  // Whoever goes second finds a warmer machine.
  for (const [what, environment] of [
    ...entries.slice(round % entries.length),
    ...entries.slice(0, round % entries.length),
  ]) {
    const own = port++;
    const child = await start(program(own), environment, own);
    const paths = new Map<string, string>();
    for (const [route, pathOf] of Object.entries(routes))
      paths.set(route, await pathOf(`http://127.0.0.1:${own}`));
    for (const route of paths.values()) await ask(child, own, route, Number(values.warm));
    for (const [called, route] of paths) {
      const key = `${name}: ${called}`;
      const ofRoute = samples.get(key) ?? new Map<string, Sample[]>();
      samples.set(key, ofRoute);
      ofRoute.set(what, [...(ofRoute.get(what) ?? []), await measure(child, own, route)]);
    }
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

function report(): void {
  console.log(
    `${connections} connections, ${rounds} rounds of ${seconds} s: median (lowest to highest), and that of the ratio`,
  );
  console.log("to the case without telemetry within each round");
  for (const [key, ofRoute] of samples) {
    console.log(`\n| ${key} | CPU at the same rate, µs | | requests/s at most | | its CPU, µs | |`);
    console.log("|---|--:|--:|--:|--:|--:|--:|");
    const bases = ofRoute.get("without telemetry")!;
    for (const [what, own] of [...ofRoute].toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))) {
      const cells = (["steadyCpuUs", "perSecond", "cpuUs"] as const).flatMap((of) => [
        spread(
          own.map((each) => each[of]),
          of === "perSecond" ? 0 : 1,
        ),
        `${spread(
          own.map((each, i) => (100 * each[of]) / bases[i]![of]),
          0,
        )} %`,
      ]);
      console.log(`| ${what} | ${cells.join(" | ")} |`);
    }
  }
}

try {
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) await measureAll(contender, round);
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  report();
} finally {
  sink.disconnect();
  await database.release({ now: true });
  await rm(folder, { recursive: true });
}
