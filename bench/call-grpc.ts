/**
 * Calls per second between two processes through the gRPC transport, alone and 64 in flight.
 *
 *   npx node bench/call-grpc.ts [--seconds 3] [--rounds 3] [--json]
 *
 * Each process has one thread; what is measured is the transport with its codec, without the call pipeline.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type AnyContract, contract, type Log, query } from "kerf";
import { z } from "zod";
import { callTokens } from "../packages/runtime/src/authority/call-token.ts";
import { serveGrpc } from "../packages/runtime/src/transport/grpc-server.ts";
import { grpcTransport } from "../packages/runtime/src/transport/grpc.ts";
import type { CallRequest } from "../packages/runtime/src/transport/transport.ts";

const tokens = callTokens("bench", "bench");
const inventory = contract("inventory", {
  version: 1,
  stock: query({
    input: z.object({
      orderId: z.string(),
      lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
      note: z.string().optional(),
    }),
    output: z.object({ reservation: z.string(), left: z.record(z.string(), z.int()), total: z.int() }),
  }),
}) as unknown as AnyContract;

const input = {
  orderId: "0190a5f2-7c3e-7d41-9f0a-5d1d2c3b4a59",
  lines: [
    { sku: "85123A", quantity: 6 },
    { sku: "71053", quantity: 8 },
    { sku: "84406B", quantity: 12 },
  ],
};
const output = {
  reservation: "0190a5f2-7c3e-7d41-9f0a-5d1d2c3b4a60",
  left: { "85123A": 120, "71053": 4, "84406B": 0 },
  total: 13_910,
};

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

if (process.argv.includes("--serve")) {
  const server = await serveGrpc({
    tokens,
    host: "127.0.0.1",
    port: 0,
    contracts: [inventory],
    dispatch: async () => output,
    log: silent,
  });
  process.send?.(server.address);
  process.on("message", () => process.send?.(cpuMicros()));
  // An orphan must not stay behind.
  process.once("disconnect", () => process.exit());
} else {
  await measure();
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

interface Result {
  readonly inFlight: number;
  readonly callsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** Of both processes: what tells most on a machine that has other work. */
  readonly cpuMicrosPerCall: number;
}

async function measure(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "3" },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
    },
  });
  const child = fork(fileURLToPath(import.meta.url), ["--serve"]);
  const address = await new Promise<string>((resolve) =>
    child.once("message", (said) => resolve(String(said))),
  );
  const transport = grpcTransport({ contracts: [inventory], tokens });
  const { signal } = new AbortController();
  const bothCpus = async (): Promise<number> => {
    child.send("cpu");
    return (
      cpuMicros() + (await new Promise<number>((resolve) => child.once("message", (n) => resolve(Number(n)))))
    );
  };
  const call = (): Promise<unknown> => transport.call(address, request(), signal);

  await round(call, bothCpus, 64, 1_000);
  const results: Result[] = [];
  for (const inFlight of [1, 64]) {
    const rounds: Result[] = [];
    for (let at = 0; at < Number(values.rounds); at++) {
      rounds.push(await round(call, bothCpus, inFlight, Number(values.seconds) * 1_000));
    }
    results.push(
      rounds.toSorted((a, b) => a.callsPerSecond - b.callsPerSecond)[rounds.length >> 1] as Result,
    );
  }
  await transport.close();
  child.disconnect();
  if (values.json) console.log(JSON.stringify(results));
  else console.table(results);
}

function request(): CallRequest {
  return {
    member: "inventory@1.stock",
    input,
    header: {
      id: undefined,
      deadlineAt: Date.now() + 2_000,
      caller: "orders",
      actor: undefined,
      via: "call",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      retry: false,
    },
  };
}

async function round(
  call: () => Promise<unknown>,
  bothCpus: () => Promise<number>,
  inFlight: number,
  ms: number,
): Promise<Result> {
  const cpuBefore = await bothCpus();
  const micros: number[] = [];
  const start = performance.now();
  const end = start + ms;
  const caller = async (): Promise<void> => {
    for (let before = performance.now(); before < end;) {
      await call();
      const after = performance.now();
      micros.push((after - before) * 1_000);
      before = after;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const seconds = (performance.now() - start) / 1_000;
  const cpu = (await bothCpus()) - cpuBefore;
  const sorted = micros.toSorted((a, b) => a - b);
  const at = (part: number): number => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0);
  return {
    inFlight,
    callsPerSecond: Math.round(micros.length / seconds),
    p50Micros: at(0.5),
    p99Micros: at(0.99),
    cpuMicrosPerCall: Math.round(cpu / micros.length),
  };
}
