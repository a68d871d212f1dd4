/**
 * What telemetry adds to a call, within one process and over gRPC to another: not given at all, counting only (`/metrics`), and
 * with spans of which 0, 10 and 100 % of the traces leave, to an OTLP receiver. Each case has processes of its own; they take
 * turns. A trace is 20 calls. What is shown is CPU time of all threads, of both processes where there are two, sending and
 * garbage collection included.
 *
 * npx node bench/telemetry/calls.ts [--rounds 7] [--local 100000] [--grpc 20000]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startChild, type Child } from "../child.ts";
import { spread } from "../measure.ts";
import { kerfCases, without } from "./cases.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    local: { type: "string", default: "100000" },
    grpc: { type: "string", default: "20000" },
  },
});
const file = (name: string): URL => new URL(name, import.meta.url);
const sink = fork(file("sink.ts"));
const [endpoint] = (await once(sink, "message")) as [string];

/** The first is the one that makes the calls. */
type Processes = readonly [Child, ...Child[]];
let port = 21_600;

async function local(environment: NodeJS.ProcessEnv): Promise<Processes> {
  return [await startChild(file("worker.ts"), [values.local], environment)];
}

async function overGrpc(environment: NodeJS.ProcessEnv): Promise<Processes> {
  const own = String(port++);
  const asked = await startChild(file("worker.ts"), [values.grpc, "asked", own], environment);
  return [await startChild(file("worker.ts"), [values.grpc, "asking", own], environment), asked];
}

async function cpuNs(processes: Processes): Promise<number> {
  const all = await Promise.all(processes.map((child) => child.ask("cpu")));
  return all.reduce<number>((sum, us) => sum + (us as number) * 1_000, 0);
}

async function compare(what: string, calls: number, start: typeof local): Promise<void> {
  const cases = new Map<string, { processes: Processes; times: number[] }>();
  for (const [name, environment] of Object.entries(kerfCases(endpoint)))
    cases.set(name, { processes: await start({ ...process.env, ...environment }), times: [] });
  for (let round = -1; round < Number(values.rounds); round++) {
    for (const { processes, times } of cases.values()) {
      const before = await cpuNs(processes);
      await processes[0].ask("run");
      if (round >= 0) times.push(((await cpuNs(processes)) - before) / calls);
    }
  }
  console.log(
    `\n${what}, ns of CPU, median (min to max) of ${values.rounds} rounds of ${calls}; added, within the rounds`,
  );
  const base = cases.get(without)!.times;
  for (const [name, { times }] of cases) {
    const added = times.map((ns, round) => ns - base[round]!);
    console.log(
      `  ${name.padEnd(24)} ${spread(times, 0).padEnd(28)} ${name === without ? "" : spread(added, 0)}`,
    );
  }
  for (const { processes } of cases.values()) for (const child of processes) child.close();
}

await compare("a local call", Number(values.local), local);
await compare("a call over gRPC, both processes", Number(values.grpc), overGrpc);
sink.disconnect();
