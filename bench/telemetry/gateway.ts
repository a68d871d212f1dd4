/**
 * What telemetry takes from the gateway: requests a second at 64 connections, and the CPU of a request, sending and garbage
 * collection included; beside Fastify with OpenTelemetry's own SDK. Each case is compared with a process without telemetry that
 * runs beside it: both are asked in turn, for three seconds each, and what counts is the ratio of two turns that follow each other,
 * since this kind of machine is faster in one minute than in the next. Each round starts all of them anew, since two processes of
 * the same program differ. Linux only; needs `wrk`.
 *
 * `npx node bench/telemetry/gateway.ts [--rounds 3] [--turns 4] [--only "Kerf;Kerf, the shop"]`
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attachEmbedded } from "@kerf/runtime/embedded";
import { spread } from "../measure.ts";
import { kerfCases, stockCases, without, type Cases } from "./cases.ts";
import { ask, startServer, type Sample, type Server } from "./server.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    turns: { type: "string", default: "4" },
    only: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const turns = Number(values.turns);
const warmSeconds = 2;
/** Load that comes and goes each second would show what V8 does at its end and beginning: it compiles some code anew. */
const turnSeconds = 3;
const path = (name: string): string => new URL(name, import.meta.url).pathname;

interface Contender {
  readonly name: string;
  readonly cases: Cases;
  readonly program: (port: number) => readonly string[];
  /** By what they are called in the report; the path may have to be made first. */
  readonly routes: Readonly<Record<string, (origin: string) => Promise<string>>>;
}

interface Pair {
  readonly base: Sample;
  readonly sample: Sample;
}

const kerf = (config: string) => (): readonly string[] => [
  path("../../packages/cli/bin/kerf.js"),
  "start",
  "--config",
  path(config),
  "--json",
];
const sink = fork(path("sink.ts"));
const [endpoint] = (await once(sink, "message")) as [string];
const contenders: readonly Contender[] = [
  {
    name: "Kerf",
    cases: kerfCases(endpoint),
    program: kerf("kerf.config.ts"),
    routes: {
      "answered at once": async () => "/v1/hello/ada",
      "with one call inside": async () => "/v1/greet/ada",
    },
  },
  {
    name: "Kerf, the shop",
    cases: kerfCases(endpoint),
    program: kerf("../../examples/shop/kerf.config.ts"),
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

const folder = await mkdtemp(join(tmpdir(), "bench-telemetry-"));
// PostgreSQL runs as nobody where this runs as root.
await chmod(folder, 0o711);
const database = await attachEmbedded({ dataDir: join(folder, "data") });

async function newCart(origin: string): Promise<string> {
  const reply = await fetch(`${origin}/v1/carts`, { method: "POST" });
  return ((await reply.json()) as { cartId: string }).cartId;
}

// Below those that the system gives to whoever connects.
let port = 21_100;
async function start({ program }: Contender, environment: Readonly<Record<string, string>>): Promise<Server> {
  const own = port++;
  return startServer(program(own), own, { KERF_DATABASE_URL: database.url, ...environment });
}

/** Contender and route, then the case. */
const pairs = new Map<string, Map<string, Pair[]>>();

async function compare(
  contender: Contender,
  off: Readonly<Record<string, string>>,
  what: string,
): Promise<void> {
  const base = await start(contender, off);
  const other = await start(contender, contender.cases[what]!);
  for (const [called, pathOf] of Object.entries(contender.routes)) {
    const key = `${contender.name}: ${called}`;
    const ofRoute = pairs.get(key) ?? new Map<string, Pair[]>();
    pairs.set(key, ofRoute);
    const ofCase = ofRoute.get(what) ?? [];
    ofRoute.set(what, ofCase);
    const [basePath, otherPath] = [await pathOf(base.origin), await pathOf(other.origin)];
    await ask(folder, base, basePath, warmSeconds);
    await ask(folder, other, otherPath, warmSeconds);
    for (let turn = 0; turn < turns; turn++) {
      // Whoever goes second finds a warmer machine.
      const first = turn % 2 === 0 ? await ask(folder, base, basePath, turnSeconds) : undefined;
      const sample = await ask(folder, other, otherPath, turnSeconds);
      ofCase.push({ base: first ?? (await ask(folder, base, basePath, turnSeconds)), sample });
    }
  }
  await Promise.all([base.stop(), other.stop()]);
}

function report(): void {
  console.log(
    `64 connections, ${rounds} rounds of ${turns} turns of ${turnSeconds} s: median (lowest to highest);`,
  );
  console.log("ratios to a process without telemetry that is asked in turn");
  for (const [key, ofRoute] of pairs) {
    const bases = [...ofRoute.values()].flat().map(({ base }) => base);
    console.log(`\n| ${key} | requests/s | | CPU of a request, µs | |`);
    console.log("|---|--:|--:|--:|--:|");
    const all = (of: keyof Sample, from: readonly Sample[]): string =>
      spread(
        from.map((each) => each[of]),
        of === "perSecond" ? 0 : 1,
      );
    console.log(`| without telemetry | ${all("perSecond", bases)} | | ${all("cpuUs", bases)} | |`);
    for (const [what, own] of ofRoute) {
      const cells = (["perSecond", "cpuUs"] as const).flatMap((of) => [
        all(
          of,
          own.map(({ sample }) => sample),
        ),
        `${spread(
          own.map(({ base, sample }) => (100 * sample[of]) / base[of]),
          0,
        )} %`,
      ]);
      console.log(`| ${what} | ${cells.join(" | ")} |`);
    }
  }
}

try {
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const { [without]: off, ...others } = contender.cases;
      for (const what of Object.keys(others)) await compare(contender, off!, what);
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  report();
} finally {
  sink.disconnect();
  await database.release({ now: true });
  await rm(folder, { recursive: true });
}
