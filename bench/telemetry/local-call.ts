/**
 * What telemetry adds to a call within one process: not given at all, counting only (`/metrics`), and with spans of which
 * 0, 10 and 100 % of the traces leave, to an OTLP receiver in another process. Each case is a process of its own; they
 * take turns. A trace is 20 calls. What is shown is CPU time of all threads of the process, garbage collection included.
 *
 * npx node bench/telemetry/local-call.ts [--rounds 7] [--calls 100000]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startChild, type Child } from "../child.ts";
import { spread } from "../measure.ts";
import { kerfCases } from "./cases.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, calls: { type: "string", default: "100000" } },
});
const file = (name: string): URL => new URL(name, import.meta.url);

const sink = fork(file("sink.ts"));
const [endpoint] = (await once(sink, "message")) as [string];
const times = new Map<string, number[]>();
const workers: [string, Child][] = [];
for (const [name, environment] of Object.entries(kerfCases(endpoint))) {
  const worker = await startChild(file("worker.ts"), [values.calls], { ...process.env, ...environment });
  workers.push([name, worker]);
  times.set(name, []);
}
for (let round = -1; round < Number(values.rounds); round++) {
  for (const [name, worker] of workers) {
    const ns = (await worker.ask("run")) as number;
    if (round >= 0) times.get(name)!.push(ns);
  }
}
console.log(`a local call, ns of CPU, median (min to max) of ${values.rounds} rounds of ${values.calls}`);
for (const [name, all] of times) console.log(`  ${name.padEnd(24)} ${spread(all, 0)}`);
for (const [, worker] of workers) worker.close();
sink.disconnect();
