// node bench/grpc/main.ts [--quick] [--only "part of a contender's name"] [--rounds 3]
// Every contender in two processes of its own, one after the other; each round begins with another one.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Tls } from "./contender.ts";
import { CONTENDERS } from "./contenders.ts";
import { idleConnections } from "./memory.ts";
import { Pair, type Measured } from "./pair.ts";
import { comparison, print, spread, table, type Results } from "./report.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const ms = values.quick ? 500 : 1000;
const IN_FLIGHT = [1, 8, 64, 512] as const;
const names = Object.keys(CONTENDERS).filter(
  (name) => values.only === undefined || name.includes(values.only),
);

function keep(results: Results, name: string, what: string, run: Measured): void {
  const own = results.get(name) ?? new Map<string, Measured[]>();
  results.set(name, own);
  own.set(what, [...(own.get(what) ?? []), run]);
}

/** Until the code is compiled, which takes calls and not time: on a busy machine a second is not enough. */
async function warmUp(pair: Pair): Promise<void> {
  const end = performance.now() + 6 * ms;
  for (let calls = 0; calls < 60_000 && performance.now() < end;) calls += (await pair.run(64, ms / 2)).calls;
}

async function withPair(
  name: string,
  tls: Tls | undefined,
  work: (pair: Pair) => Promise<void>,
): Promise<void> {
  const pair = new Pair(name);
  try {
    await pair.start(tls);
    await warmUp(pair);
    await work(pair);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await pair.stop();
  }
}

function certificate(): Tls {
  const folder = mkdtempSync(join(tmpdir(), "bench-grpc-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...curve, "-nodes", "-days", "2", "-keyout", key, "-out", cert, ...subject],
    { stdio: "ignore" },
  );
  const tls = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  rmSync(folder, { recursive: true });
  return tls;
}

const results: Results = new Map();
const tls = certificate();
const extra = ["@kerf/grpc", "@grpc/grpc-js"].filter((name) => names.includes(name));

for (let round = 0; round < rounds; round++) {
  const order = [...names.slice(round % names.length), ...names.slice(0, round % names.length)];
  for (const name of order) {
    await withPair(name, undefined, async (pair) => {
      for (const inFlight of IN_FLIGHT) keep(results, name, `${inFlight}`, await pair.run(inFlight, ms));
      if (!extra.includes(name) && name !== "TCP and JSON, a write per tick") return;
      await pair.run(16, ms / 2, 10_000);
      keep(results, name, "10 KB", await pair.run(16, ms, 10_000));
      keep(results, name, "100 KB", await pair.run(16, ms, 100_000));
      if (extra.includes(name)) {
        await pair.stream(ms / 2);
        keep(results, name, "stream", await pair.stream(ms));
      }
    });
  }
  for (const name of extra) {
    await withPair(name, tls, async (pair) => {
      keep(results, name, "TLS 8", await pair.run(8, ms));
      keep(results, name, "TLS 64", await pair.run(64, ms));
    });
  }
  console.error(`round ${round + 1} of ${rounds}; load ${loadavg()[0]!.toFixed(1)}`);
}

console.log(
  `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()
    .map((one) => one.toFixed(1))
    .join(" ")}, medians of ${rounds}\n`,
);
print(table(names, results));
print(comparison(results));
if (!values.quick && values.only === undefined) {
  const { sockets, grpc } = await idleConnections();
  console.log(
    `1,000 idle connections, MB of the server: bare sockets ${spread(sockets)}, @kerf/grpc ${spread(grpc)}`,
  );
}
