import { expect, it } from "vitest";
import { memoryBroker } from "./memory.ts";
import { MemoryLog } from "./memory-log.ts";
import { apple, batch, messages, orders, Received } from "./suite/scenario.ts";
import { brokerSuite } from "./suite.ts";

const turns = () => new Promise<void>((resolve) => setImmediate(resolve));

brokerSuite("memory", {
  async open(settings) {
    const log = new MemoryLog();
    return {
      broker: memoryBroker({ ...settings, log }),
      another: async (other) => memoryBroker({ ...other, log }),
      dispose: async () => {},
    };
  },
});

it("acknowledges nothing of a process that crashed, even when its handlers go on", async () => {
  const log = new MemoryLog();
  const doomed = memoryBroker({ log });
  let finish: (() => void) | undefined;
  await doomed.subscribe(orders, () => new Promise((resolve) => (finish = resolve)));
  await doomed.publish(batch(messages(3, { key: () => apple })));
  await turns();
  doomed.crash();
  const heir = memoryBroker({ log });
  const received = new Received();
  await heir.subscribe(orders, received.deliver);
  await turns();
  expect(received.ids()).toEqual(["m0", "m1", "m2"]);
  finish?.();
  await turns();
  await heir.publish(batch(messages(1, { key: () => apple, prefix: "next" })));
  await turns();
  expect(received.ids()).toEqual(["m0", "m1", "m2", "next0"]);
});

it("gives to the others what a process had in flight that crashed while it stopped", async () => {
  const log = new MemoryLog();
  const doomed = memoryBroker({ log });
  const subscription = await doomed.subscribe(orders, () => new Promise(() => {}));
  await doomed.publish(batch(messages(3, { key: () => apple })));
  await turns();
  const heir = memoryBroker({ log });
  const received = new Received();
  await heir.subscribe(orders, received.deliver);
  void subscription.stop();
  await turns();
  expect(received.ids()).toEqual([]);
  doomed.crash();
  await turns();
  expect(received.ids()).toEqual(["m0", "m1", "m2"]);
});

it("waits by the timers that it is given", async () => {
  const waiting: { delayMs: number; run: () => void }[] = [];
  const timers = {
    now: () => 0,
    after(delayMs: number, run: () => void) {
      waiting.push({ delayMs, run });
      return () => {};
    },
  };
  const broker = memoryBroker({ timers, onProblem: () => {} });
  let tries = 0;
  await broker.subscribe(orders, async () => {
    if (++tries < 9) throw new Error("not yet");
  });
  await broker.publish(batch(messages(1)));
  for (let i = 0; i < 9; i++) {
    await turns();
    waiting[i]?.run();
  }
  expect(tries).toBe(9);
  expect(waiting.map((wait) => wait.delayMs)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});
