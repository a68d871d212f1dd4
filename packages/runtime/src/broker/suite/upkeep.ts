import { expect } from "vitest";
import { laneOf } from "../lane.ts";
import {
  apple,
  batch,
  type Cases,
  eventually,
  messages,
  orders,
  pear,
  Received,
  sleep,
  stock,
} from "./scenario.ts";

/** Looking after it. */
export const upkeep: Cases = {
  async "tells the backlog of every group"({ broker }) {
    await broker.register([orders, stock]);
    await broker.publish(batch(messages(30)));
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(30);
    await sleep(30);
    await eventually(() => expect(received.all).toHaveLength(30));
    let backlog = await broker.backlog!();
    for (
      let tries = 0;
      backlog.some((b) => b.service === "billing" && b.messages > 0) && tries < 100;
      tries++
    ) {
      await sleep(20);
      backlog = await broker.backlog!();
    }
    expect(backlog).toContainEqual({ ...orders, messages: 0, oldestMs: 0, missed: 0 });
    const waiting = backlog.find((group) => group.service === "search")!;
    expect(waiting.messages).toBe(30);
    expect(waiting.oldestMs).toBeGreaterThan(20);
    expect(waiting.oldestMs).toBeLessThan(60_000);
  },

  async "drops a retired group with its position"({ broker }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(5, { prefix: "lost" })));
    await broker.retire!(orders);
    expect(await broker.backlog!()).toEqual([]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await broker.publish(batch(messages(5, { prefix: "seen" })));
    await received.until(5);
    expect(received.ids().some((id) => id.startsWith("lost"))).toBe(false);
  },

  async "refuses clearly after its close"({ broker }) {
    await broker.register([orders]);
    await broker.subscribe(orders, async () => {});
    await broker.close();
    await broker.close();
    await expect(broker.publish(batch(messages(1)))).rejects.toThrow(/closed/);
    await expect(broker.subscribe(orders, async () => {})).rejects.toThrow(/closed/);
  },
};

/** With messages kept for 400 ms. */
export const trimming: Cases = {
  async "tells a group that lost messages, and goes on from the oldest that is left"({ broker, problems }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(7, { key: () => apple, prefix: "old" })));
    await broker.publish(batch(messages(2, { key: () => pear, prefix: "old too" })));
    await sleep(2_000);
    await broker.publish(batch(messages(1, { key: () => apple, prefix: "new" })));
    // Before the group has looked, and afterwards: whoever asks is told for as long as messages are kept.
    expect(await broker.backlog!()).toMatchObject([{ ...orders, missed: 9 }]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(1);
    expect(received.ids()).toEqual(["new0"]);
    const lost = problems.filter((problem) => problem.lane === laneOf(apple));
    expect(lost).toMatchObject([{ code: "TRIMMED", ...orders, missed: 7 }]);
    expect(lost[0]!.message).toContain("lost 7 messages of orders@1");
    await eventually(async () =>
      expect(await broker.backlog!()).toMatchObject([{ ...orders, messages: 0, missed: 9 }]),
    );
    await eventually(async () => expect(await broker.backlog!()).toMatchObject([{ ...orders, missed: 0 }]));
  },
};
