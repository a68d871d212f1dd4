/**
 * What telemetry takes from the throughput of the gateway: requests a second at 64 connections, and the CPU of a request,
 * sending and garbage collection included; beside Fastify with OpenTelemetry's own SDK. Each round starts each case anew, since
 * two processes of the same program differ, and compares it with the one without telemetry of that round. Linux only; needs `wrk`.
 *
 * `npx node bench/telemetry/gateway.ts [--rounds 7] [--seconds 3] [--warm 2] [--only Kerf]`
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
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
  readonly routes: readonly string[];
}

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
}

const sink = fork(path("sink.ts"));
const [endpoint] = (await once(sink, "message")) as [string];
const contenders: readonly Contender[] = [
  {
    name: "Kerf",
    cases: kerfCases(endpoint),
    program: (): readonly string[] => [
      path("../../packages/cli/bin/kerf.js"),
      "start",
      "--config",
      path("kerf.config.ts"),
      "--json",
    ],
    // The one is answered by its service, the other asks a second one within the process.
    routes: ["/v1/hello/ada", "/v1/greet/ada"],
  },
  {
    name: "Fastify, OpenTelemetry's SDK",
    cases: stockCases(endpoint),
    program: (port: number): readonly string[] => [path("fastify.ts"), String(port)],
    routes: ["/v1/hello/ada"],
  },
].filter(({ name }) => values.only === undefined || name.startsWith(values.only));

const folder = await mkdtemp(join(tmpdir(), "bench-telemetry-"));
/** Contender and route, then the case. */
const samples = new Map<string, Map<string, Sample[]>>();

async function start(
  program: readonly string[],
  environment: Readonly<Record<string, string>>,
  port: number,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, program, {
    // No service has a database: nothing is ever asked of it.
    env: {
      ...process.env,
      NODE_ENV: "production",
      KERF_DATABASE_URL: "postgres://nobody:none@127.0.0.1:1/none",
      KERF_PORT: String(port),
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout!, "data");
  child.stdout!.resume();
  return child;
}

function cpuUs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

async function measure(
  child: ChildProcess,
  port: number,
  route: string,
  forSeconds: number,
): Promise<Sample> {
  const before = cpuUs(child);
  const { requests, perSecond } = await load(folder, {
    origin: `http://127.0.0.1:${port}`,
    paths: [route],
    method: "GET",
    tokens: [],
    connections,
    seconds: forSeconds,
  });
  return { perSecond, cpuUs: (cpuUs(child) - before) / requests };
}

let port = 46_100;
async function measureAll({ name, cases, program, routes }: Contender, round: number): Promise<void> {
  const entries = Object.entries(cases);
  // Whoever goes second finds a warmer machine.
  for (const [what, environment] of [
    ...entries.slice(round % entries.length),
    ...entries.slice(0, round % entries.length),
  ]) {
    const own = port++;
    const child = await start(program(own), environment, own);
    for (const route of routes) await measure(child, own, route, Number(values.warm));
    for (const route of routes) {
      const key = `${name}, ${route}`;
      const ofRoute = samples.get(key) ?? new Map<string, Sample[]>();
      samples.set(key, ofRoute);
      ofRoute.set(what, [...(ofRoute.get(what) ?? []), await measure(child, own, route, seconds)]);
    }
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

function report(): void {
  console.log(`${connections} connections, ${rounds} rounds of ${seconds} s: median (lowest to highest)`);
  for (const [key, ofRoute] of samples) {
    console.log(
      `\n| ${key} | requests/s | of that without telemetry | CPU µs a request | of that without telemetry |`,
    );
    console.log("|---|--:|--:|--:|--:|");
    const bases = ofRoute.get("without telemetry")!;
    for (const [what, own] of Object.entries(Object.fromEntries(ofRoute)).toSorted()) {
      const rate = own.map(({ perSecond }, i) => (100 * perSecond) / bases[i]!.perSecond);
      const cpu = own.map((sample, i) => (100 * sample.cpuUs) / bases[i]!.cpuUs);
      console.log(
        `| ${what} | ${spread(
          own.map((each) => each.perSecond),
          0,
        )} | ${spread(rate, 0)} % | ${spread(
          own.map((each) => each.cpuUs),
          1,
        )} | ${spread(cpu, 0)} % |`,
      );
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
  await rm(folder, { recursive: true });
}
