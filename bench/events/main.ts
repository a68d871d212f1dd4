/**
 * From a committed change in one process to the handled event in another: events per second, and the time that one
 * takes when nothing else happens. All on one PostgreSQL with `fsync` on, round by round in turn.
 *
 * npx node bench/events/main.ts [--rounds 5] [--events 4000] [--idle 200] [--only kerf,pg-boss]
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freshName, testServer } from "@kerf/runtime/testing";
import { contenders, type ContenderName } from "./contender.ts";
import { spread } from "../measure.ts";
import type { Task } from "./worker.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    events: { type: "string", default: "4000" },
    idle: { type: "string", default: "200" },
    only: { type: "string", default: contenders.join(",") },
  },
});
const [rounds, count, idle] = [values.rounds, values.events, values.idle].map(Number) as [
  number,
  number,
  number,
];
const chosen = values.only.split(",") as ContenderName[];
/** Producers at once. */
const AT_ONCE = 16;

class Side {
  readonly #child: ChildProcess = fork(new URL("./worker.ts", import.meta.url), { execArgv: [] });
  readonly #exit = once(this.#child, "exit");
  /** In the order of the questions. */
  readonly #waiting: PromiseWithResolvers<unknown>[] = [];

  constructor() {
    this.#child.on("message", (message) =>
      this.#waiting.shift()?.resolve((message as { value: unknown }).value),
    );
    this.#child.on("exit", () => {
      for (const waiting of this.#waiting) waiting.reject(new Error("a worker has ended"));
    });
  }

  async ask<T>(task: Task): Promise<T> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.push(waiting);
    this.#child.send(task);
    return (await waiting.promise) as T;
  }

  async close(): Promise<void> {
    this.#child.send({ kind: "close" } satisfies Task);
    await this.#exit;
  }
}

interface Measured {
  /** Per second. */
  readonly handled: number;
  readonly committed: number;
  /** Milliseconds of both processes' processors for 1,000 events. */
  readonly cpu: number;
  /** Milliseconds, of one event at a time. */
  readonly p50: number;
  readonly p99: number;
}

async function measure(contender: ContenderName): Promise<Measured> {
  const server = await testServer();
  const name = freshName("b");
  const database = await server.freshDatabase("b");
  const databases = { url: database.url, adminUrl: server.adminUrl, name };
  const preparing = new Side();
  await preparing.ask({ kind: "prepare", contender, databases });
  await preparing.close();
  const [producer, consumer] = [new Side(), new Side()];
  await Promise.all([
    producer.ask({ kind: "produce", contender, databases }),
    consumer.ask({ kind: "consume", contender, databases }),
  ]);
  let next = 1;
  const push = async (n: number, atOnce: number) => {
    const handled = consumer.ask<{ at: number; cpu: number }>({ kind: "await", count: n });
    const emitted = await producer.ask<{ from: number; to: number; cpu: number }>({
      kind: "emit",
      from: next,
      count: n,
      atOnce,
    });
    next += n;
    return { ...emitted, at: (await handled).at, cpu: emitted.cpu + (await handled).cpu };
  };
  const warm = await push(Math.min(count, 1_000), AT_ONCE);
  const busy = await push(count, AT_ONCE);
  const times: number[] = [];
  for (let i = 0; i < idle; i++) {
    await sleep(5 + Math.random() * 10);
    const { from, at } = await push(1, 1);
    times.push((at - from) / 1e6);
  }
  times.sort((a, b) => a - b);
  await Promise.all([producer.close(), consumer.close()]);
  await database.drop();
  await server.dropAll(name);
  const seconds = (to: number): number => (to - busy.from) / 1e9;
  return {
    handled: count / seconds(busy.at),
    committed: count / seconds(busy.to),
    cpu: ((busy.cpu - warm.cpu) / count) * 1000,
    p50: times[Math.floor(times.length * 0.5)]!,
    p99: times[Math.floor(times.length * 0.99)]!,
  };
}

const all = new Map<ContenderName, Measured[]>(chosen.map((name) => [name, []]));
for (let round = 1; round <= rounds; round++) {
  for (const name of chosen) {
    process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
    all.get(name)!.push(await measure(name));
  }
}
await (await testServer()).close();
console.log(
  `From a committed change to its handled event: median (min to max) of ${rounds} rounds of ${count.toLocaleString("en")} events, ${AT_ONCE} producers at once, and of ${idle} one at a time`,
);
for (const [name, measured] of all) {
  const column = (key: keyof Measured, digits: number): string =>
    spread(
      measured.map((m) => m[key]),
      digits,
    );
  console.log(
    [
      `  ${name.padEnd(16)}`,
      `${column("handled", 0)} events/s`,
      `committed ${column("committed", 0)}/s`,
      `${column("cpu", 0)} ms CPU per 1,000`,
      `idle p50 ${column("p50", 1)} ms`,
      `p99 ${column("p99", 1)} ms`,
    ].join("  "),
  );
}
