/**
 * What a call within one process costs: a plain async function, Kerf's local call through the whole pipeline
 * (validation both ways, authorisation, deadline, context), alone and counted as it is unless somebody turns that off, and
 * Moleculer's. Each is a process of its own, for what one program teaches the compiler slows another; they take turns.
 *
 * npx node bench/local-call/main.ts [--rounds 9] [--calls 200000]
 */
import { parseArgs } from "node:util";
import { startChild } from "../child.ts";
import { comparison } from "../measure.ts";
import { contenders } from "./contenders.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "9" }, calls: { type: "string", default: "200000" } },
});

const worker = new URL("worker.ts", import.meta.url);
const children = await Promise.all(
  Object.keys(contenders).map(
    async (name) => [name, await startChild(worker, [name, values.calls])] as const,
  ),
);
const cases = Object.fromEntries(children.map(([name, child]) => [name, () => child.ask("run")]));
await comparison("a call in one process", "ns", Number(values.rounds), Number(values.calls), cases);
for (const [, child] of children) child.close();
