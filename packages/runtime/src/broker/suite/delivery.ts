import { expect } from "vitest";
import { apple, batch, type Cases, eventually, messages, orders, pear, Received, sleep } from "./scenario.ts";

/** Delivering: order, repetition, acknowledgement. */
export const delivery: Cases = {
  async "keeps the order of a key over batches and publishers"({ broker }) {
    await broker.register([orders]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    for (let round = 0; round < 10; round++) {
      await broker.publish(batch(messages(40, { prefix: `r${round}-` }), 1, `publisher ${round % 3}`));
    }
    await received.until(400);
    for (const key of ["k0", "k7", "k19"]) {
      const number = Number(key.slice(1));
      const expected = Array.from({ length: 10 }, (_, r) => [
        `r${r}-${number}`,
        `r${r}-${number + 20}`,
      ]).flat();
      expect(received.ids(key)).toEqual(expected);
    }
    expect(new Set(received.ids()).size).toBe(400);
  },

  async "brings rejected messages again, before later ones of their key"({ broker, problems }) {
    await broker.register([orders]);
    const received = new Received();
    const tries: { ids: string[]; at: number }[] = [];
    await broker.subscribe(orders, async (list, signal) => {
      if (list[0]!.key === apple) {
        tries.push({ ids: list.map((message) => message.id), at: performance.now() });
        if (tries.length <= 2) throw new Error("the database is away");
      }
      await received.deliver(list, signal);
    });
    await broker.publish(batch(messages(2, { key: () => apple, prefix: "a" })));
    await eventually(() => expect(tries.length).toBe(1));
    await broker.publish(
      batch([
        ...messages(2, { key: () => pear, prefix: "p" }),
        ...messages(1, { key: () => apple, prefix: "later" }),
      ]),
    );
    await received.until(5);
    expect(received.ids()).toEqual(["p0", "p1", "a0", "a1", "later0"]);
    expect(tries.slice(0, 3).map((attempt) => attempt.ids)).toEqual([
      ["a0", "a1"],
      ["a0", "a1"],
      ["a0", "a1"],
    ]);
    expect(tries[1]!.at - tries[0]!.at).toBeGreaterThan(95);
    expect(tries[2]!.at - tries[1]!.at).toBeGreaterThan(195);
    expect(problems.map((problem) => problem.code)).toEqual(["DELIVERY_FAILED"]);
  },

  async "never has two deliveries of one lane at once, and lets lanes pass each other"({ broker }) {
    await broker.register([orders]);
    const underWay = new Map<number, number>();
    let [most, together, done, mixed] = [0, 0, 0, false];
    await broker.subscribe(orders, async (list) => {
      const { lane } = list[0]!;
      underWay.set(lane, (underWay.get(lane) ?? 0) + 1);
      most = Math.max(most, underWay.get(lane)!);
      together = Math.max(
        together,
        [...underWay.values()].reduce((a, b) => a + b),
      );
      mixed ||= list.some((message) => message.lane !== lane);
      await sleep(20);
      underWay.set(lane, underWay.get(lane)! - 1);
      done += list.length;
    });
    for (let i = 0; i < 10; i++) await broker.publish(batch(messages(20, { prefix: `${i}-` })));
    await eventually(() => expect(done).toBe(200));
    expect(most).toBe(1);
    expect(mixed).toBe(false);
    expect(together).toBeGreaterThan(3);
  },

  async "delivers at most 200 at a time, and all in the end"({ broker }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(1_000, { key: () => apple })));
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(1_000);
    expect(Math.max(...received.batches)).toBeLessThanOrEqual(200);
    expect(received.ids()).toEqual(messages(1_000).map((message) => message.id));
    expect(received.all.map((message) => message.offset)).toEqual(
      received.all.map((_, i) => received.all[0]!.offset + i),
    );
  },

  async "a stop waits for what is in flight, and acknowledges it"({ broker }) {
    await broker.register([orders]);
    let [started, finished, aborted] = [0, 0, false];
    const subscription = await broker.subscribe(orders, async (list, signal) => {
      started += list.length;
      signal.addEventListener("abort", () => (aborted = true));
      await sleep(100);
      finished += list.length;
    });
    await broker.publish(batch(messages(3, { key: () => apple })));
    await eventually(() => expect(started).toBe(3));
    await subscription.stop();
    expect(finished).toBe(3);
    expect(aborted).toBe(true);
    await broker.publish(batch(messages(1, { prefix: "next", key: () => apple })));
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(1);
    expect(received.ids()).toEqual(["next0"]);
  },

  async "a stop hands back what is rejected"({ broker }) {
    await broker.register([orders]);
    let calls = 0;
    const subscription = await broker.subscribe(orders, async () => {
      calls++;
      throw new Error("not now");
    });
    await broker.publish(batch(messages(3, { key: () => apple })));
    await eventually(() => expect(calls).toBeGreaterThan(1));
    await subscription.stop();
    const before = calls;
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(3);
    expect(received.ids()).toEqual(["m0", "m1", "m2"]);
    expect(calls).toBe(before);
  },

  async "refuses a second subscription of a group until the first is stopped"({ broker }) {
    const first = await broker.subscribe(orders, async () => {});
    await expect(broker.subscribe(orders, async () => {})).rejects.toThrow(/subscribed to orders@1 already/);
    await first.stop();
    await first.stop();
    await broker.subscribe(orders, async () => {});
  },
};
