// Requests per second of the gateway beside bare Fastify with the same schemas, at 64 connections.
// `node bench/gateway.ts [--seconds 4] [--rounds 7]`. The two take turns, since a machine is never quiet for long.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import autocannon from "autocannon";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "4" }, rounds: { type: "string", default: "7" } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const contenders = ["fastify", "kerf"] as const;
type Contender = (typeof contenders)[number];

interface Load {
  readonly name: string;
  readonly path: string;
  readonly request: { readonly method: "GET" | "POST"; readonly body?: string; readonly headers?: object };
}

const loads: readonly Load[] = [
  { name: "query", path: "/v1/stock/22423", request: { method: "GET" } },
  {
    name: "command",
    path: "/v1/reservations",
    request: {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        orderId: "536365",
        lines: ["85123A", "71053", "84406B"].map((sku) => ({ sku, quantity: 6 })),
      }),
    },
  },
];

interface Sample {
  readonly perSecond: number;
  /** Of the server alone: says more than the rate where the machine has other things to do. */
  readonly cpuMicroseconds: number;
  readonly p50: number;
  readonly p99: number;
}

interface Server {
  readonly process: ChildProcess;
  readonly url: string;
}

async function cpuOf({ process: child }: Server): Promise<number> {
  child.send("cpu");
  const [usage] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return usage.user + usage.system;
}

async function measure(server: Server, load: Load, duration: number): Promise<Sample> {
  const before = await cpuOf(server);
  const result = await autocannon({
    url: server.url + load.path,
    connections: 64,
    duration,
    ...(load.request as object),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${load.name}: ${result.non2xx} answers were not 2xx, ${result.errors} requests failed`);
  }
  return {
    perSecond: result.requests.average,
    cpuMicroseconds: ((await cpuOf(server)) - before) / result.requests.total,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

async function start(contender: Contender): Promise<Server> {
  const child = fork(new URL("gateway-server.ts", import.meta.url), [contender]);
  const [url] = (await once(child, "message")) as [string];
  return { process: child, url };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function spread(numbers: readonly number[], digits = 0): string {
  const [low, middle, high] = [Math.min(...numbers), median(numbers), Math.max(...numbers)];
  return `${middle.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

function report(name: string, samples: readonly Sample[]): void {
  const rate = spread(samples.map((sample) => sample.perSecond));
  const cpu = spread(
    samples.map((sample) => sample.cpuMicroseconds),
    1,
  );
  const p50 = median(samples.map((sample) => sample.p50));
  const p99 = median(samples.map((sample) => sample.p99));
  console.log(
    `  ${name.padEnd(8)} ${rate} requests/s, ${cpu} µs CPU a request, p50 ${p50} ms, p99 ${p99} ms`,
  );
}

/** Of each round on its own, since both ran under the same conditions then. */
function compare(
  samples: Record<Contender, readonly Sample[]>,
  of: (kerf: Sample, bare: Sample) => number,
): string {
  return spread(samples.kerf.map((sample, round) => of(sample, samples.fastify[round]!) * 100));
}

const servers = { fastify: await start("fastify"), kerf: await start("kerf") };
try {
  for (const load of loads) {
    const samples: Record<Contender, Sample[]> = { fastify: [], kerf: [] };
    for (const contender of contenders) await measure(servers[contender], load, 2);
    for (let round = 0; round < rounds; round += 1) {
      // Whoever goes second finds a warmer machine: they change places.
      const order = round % 2 === 0 ? contenders : contenders.toReversed();
      for (const each of order) samples[each].push(await measure(servers[each], load, seconds));
    }
    console.log(`${load.name}, 64 connections, ${rounds} rounds of ${seconds} s: median (lowest to highest)`);
    for (const contender of contenders) report(contender, samples[contender]);
    console.log(
      `  kerf does ${compare(samples, (kerf, bare) => kerf.perSecond / bare.perSecond)} % of Fastify's requests/s,`,
      `and by CPU ${compare(samples, (kerf, bare) => bare.cpuMicroseconds / kerf.cpuMicroseconds)} %`,
    );
  }
} finally {
  for (const { process: child } of Object.values(servers)) child.disconnect();
}
