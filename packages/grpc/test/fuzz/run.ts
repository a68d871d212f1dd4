// npm run fuzz -w @kerf/grpc -- --count 1000000 --seed 1
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const count = Number(values.count);
const SHARE = 50_000;
const start = performance.now();
let mutations = 0;
let cutOff = 0;
let rounds = 0;
let slowestMs = 0;
let seed = Number(values.seed);
let largest = 0;
while (mutations < count) {
  const part = await fuzz(Math.min(SHARE, count - mutations), seed);
  mutations += part.mutations;
  rounds += part.rounds;
  cutOff += part.cutOff;
  seed += part.rounds;
  slowestMs = Math.max(slowestMs, part.slowestMs);
  largest = Math.max(largest, process.memoryUsage().rss);
  if (largest > 1_000_000_000) throw new Error(`memory grew to ${Math.round(largest / 1e6)} MB`);
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${mutations} mutations in ${rounds} connections and ${seconds.toFixed(0)} s: ${cutOff} connections were cut off, none crashed or hung; ` +
    `slowest ${slowestMs.toFixed(0)} ms, memory at most ${Math.round(largest / 1e6)} MB`,
);
