/**
 * What the broker on PostgreSQL does: latency of one message when idle, and messages per second, within a process and
 * between two. Run with `node bench/broker.ts`; it starts a PostgreSQL of its own. Medians of the runs, with their range.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Broker, type Message, postgresBroker } from "../packages/runtime/src/broker/index.ts";
import { testServer } from "../packages/runtime/src/data/testing.ts";

const RUNS = 5;
const IDLE_MESSAGES = 300;
const BATCHES = 100;
const BATCH = 200;
const BODY = JSON.stringify({ text: "x".repeat(400) });
const group = { service: "bench", channel: "bench@1" };

/** Monotonic and the same for all processes of a machine. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

interface Subscriber {
  /** Resolves to the moment at which that many messages have arrived since the last call. */
  arrived(count: number): Promise<number>;
  stop(): Promise<void>;
}

const ignore = () => {};

async function subscribeHere(broker: Broker): Promise<Subscriber> {
  let seen = 0;
  let reached: () => void = ignore;
  const subscription = await broker.subscribe(group, async (messages) => {
    seen += messages.length;
    reached();
  });
  return {
    arrived: (count) =>
      new Promise((resolve) => {
        reached = () => {
          if (seen < count) return;
          reached = ignore;
          seen = 0;
          resolve(nowMs());
        };
        reached();
      }),
    stop: () => subscription.stop(),
  };
}

async function subscribeThere(url: string): Promise<Subscriber> {
  const child = fork(import.meta.filename, ["subscriber", url]);
  await once(child, "message");
  return {
    async arrived(count) {
      child.send({ count });
      const [at] = (await once(child, "message")) as [number];
      return at;
    },
    async stop() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

async function subscriberProcess(url: string): Promise<void> {
  const broker = await postgresBroker({ url });
  const subscriber = await subscribeHere(broker);
  process.on("message", ({ count }: { count: number }) => {
    void subscriber.arrived(count).then((at) => process.send!(at));
  });
  process.on("disconnect", () => void broker.close());
  process.send!("ready");
}

let sent = 0;
const message = (): Message => ({
  channel: group.channel,
  key: `key ${++sent % 500}`,
  id: `${sent}`,
  body: BODY,
});
const publish = (broker: Broker, count: number) =>
  broker.publish({ publisher: "bench", fence: 1, messages: Array.from({ length: count }, message) });

async function idleLatency(broker: Broker, subscriber: Subscriber) {
  const [delivered, published]: [number[], number[]] = [[], []];
  for (let i = 0; i < IDLE_MESSAGES; i++) {
    const arrival = subscriber.arrived(1);
    await sleep(3 + Math.random() * 4);
    const start = nowMs();
    await publish(broker, 1);
    published.push(nowMs() - start);
    delivered.push((await arrival) - start);
  }
  return {
    "publish p50": at(published, 0.5),
    "deliver p50": at(delivered, 0.5),
    "deliver p99": at(delivered, 0.99),
  };
}

async function throughput(broker: Broker, subscriber: Subscriber) {
  const arrival = subscriber.arrived(BATCHES * BATCH);
  await sleep(50);
  const start = nowMs();
  let left = BATCHES;
  const publisher = async () => {
    while (left-- > 0) await publish(broker, BATCH);
  };
  await Promise.all([publisher(), publisher()]);
  const published = nowMs() - start;
  const seconds = ((await arrival) - start) / 1000;
  return { "published/s": (BATCHES * BATCH * 1000) / published, "delivered/s": (BATCHES * BATCH) / seconds };
}

const at = (values: readonly number[], quantile: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * quantile))]!;

async function report(
  title: string,
  unit: string,
  digits: number,
  run: () => Promise<Record<string, number>>,
) {
  await run(); // Warm: plans, code, connections.
  const results: Record<string, number>[] = [];
  for (let i = 0; i < RUNS; i++) results.push(await run());
  const columns = Object.keys(results[0]!).map((name) => {
    const values = results.map((result) => result[name]!);
    const [low, middle, high] = [at(values, 0), at(values, 0.5), at(values, 1)].map((v) => v.toFixed(digits));
    return `${name} ${middle} (${low} to ${high}) ${unit}`;
  });
  console.log(`${title.padEnd(34)} ${columns.join(", ")}`);
}

async function main(): Promise<void> {
  const server = await testServer();
  for (const [where, start] of [
    ["one process", subscribeHere],
    ["two processes", (_: Broker, url: string) => subscribeThere(url)],
  ] as const) {
    const database = await server.freshDatabase("bench");
    const broker = await postgresBroker({ url: database.url });
    const subscriber = await start(broker, database.url);
    await report(`${where}: one message, idle`, "ms", 2, () => idleLatency(broker, subscriber));
    await report(`${where}: ${BATCHES} batches of ${BATCH}`, "", 0, () => throughput(broker, subscriber));
    await subscriber.stop();
    await broker.close();
    await database.drop();
  }
  await server.close();
}

if (process.argv[2] === "subscriber") await subscriberProcess(process.argv[3]!);
else await main();
