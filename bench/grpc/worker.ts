// One end of a measurement, in a process of its own: `worker.ts serve|connect`, steered by messages of its parent.
import type { Contender, RunningClient, RunningServer, Tls } from "./contender.ts";
import { CONTENDERS } from "./contenders.ts";
import { request } from "./payload.ts";

export interface Task {
  readonly do: "serve" | "connect" | "run" | "stream" | "cpu" | "close";
  readonly contender: string;
  readonly tls?: Tls;
  readonly address?: string;
  readonly inFlight?: number;
  readonly ms?: number;
  readonly textBytes?: number;
}

export interface Run {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly calls: number;
  readonly cpuUs: number;
}

let server: RunningServer | undefined;
let client: RunningClient | undefined;
let sequence = 0;

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function run(inFlight: number, ms: number, textBytes: number): Promise<Run> {
  const latencies: number[] = [];
  const before = cpuUs();
  const start = performance.now();
  const end = start + ms;
  let calls = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (;;) {
        const at = performance.now();
        if (at >= end) return;
        const n = ++sequence;
        await client!.call(request(n, textBytes), n);
        calls++;
        if (latencies.length < 200_000) latencies.push(performance.now() - at);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => (latencies[Math.floor(latencies.length * share)] ?? NaN) * 1000;
  return { perSecond: calls / seconds, p50Us: at(0.5), p99Us: at(0.99), calls, cpuUs: cpuUs() - before };
}

async function stream(ms: number): Promise<Run> {
  const before = cpuUs();
  const start = performance.now();
  let calls = 0;
  while (performance.now() - start < ms) calls += await client!.stream!({ ...request(1, 0), n: 2000 });
  return {
    perSecond: calls / ((performance.now() - start) / 1000),
    p50Us: NaN,
    p99Us: NaN,
    calls,
    cpuUs: cpuUs() - before,
  };
}

async function perform(task: Task): Promise<unknown> {
  const contender = (): Promise<Contender> => CONTENDERS[task.contender]!();
  switch (task.do) {
    case "serve":
      server = await (await contender()).serve(task.tls);
      return server.address;
    case "connect":
      client = await (await contender()).connect(task.address!, task.tls);
      return "connected";
    case "run":
      return run(task.inFlight!, task.ms!, task.textBytes ?? 0);
    case "stream":
      return stream(task.ms!);
    case "cpu":
      return cpuUs();
    case "close":
      await client?.close();
      await server?.close();
      process.exit(0);
  }
}

process.on("message", (task: Task) => {
  perform(task).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: error instanceof Error ? error.stack : String(error) }),
  );
});
