import { expect } from "vitest";
import { LANES, laneOf } from "../lane.ts";
import { apple, batch, type Cases, messages, orders, pear, Received, sleep } from "./scenario.ts";

/** Reading what was published before, without a group. */
export const history: Cases = {
  async "tells where each lane stood at a time, and reads it from there in order"({ broker }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(5, { key: () => apple, prefix: "old" })));
    await broker.publish(batch(messages(2, { key: () => pear, prefix: "other" })));
    await sleep(20);
    const since = Date.now();
    await sleep(20);
    await broker.publish(batch(messages(3, { key: () => apple, prefix: "new" })));
    const spans = await broker.spans!(orders.channel, since);
    expect(spans.map((span) => span.lane)).toEqual(Array.from({ length: LANES }, (_, i) => i));
    const of = (key: string) => spans.find((span) => span.lane === laneOf(key))!;
    expect(of(apple)).toEqual({ lane: laneOf(apple), from: 6, next: 9, trimmed: false });
    expect(of(pear)).toEqual({ lane: laneOf(pear), from: 3, next: 3, trimmed: false });
    const read = await broker.read!(orders.channel, laneOf(apple), 6, 2);
    expect(read.map(({ id, offset }) => [id, offset])).toEqual([
      ["new0", 6],
      ["new1", 7],
    ]);
    expect(read[0]).toEqual({
      ...messages(1, { key: () => apple, prefix: "new" })[0],
      lane: of(apple).lane,
      offset: 6,
    });
    expect((await broker.spans!(orders.channel, 0)).find((span) => span.lane === laneOf(apple))!.from).toBe(
      1,
    );
  },

  async "moves no group by reading"({ broker }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(10)));
    for (const { lane, from } of await broker.spans!(orders.channel, 0))
      await broker.read!(orders.channel, lane, from, 100);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(10);
  },
};

/** With messages kept for 400 ms. */
export const trimmedHistory: Cases = {
  async "says that what was asked for was trimmed, and reads what is left"({ broker }) {
    await broker.register([orders]);
    const since = Date.now();
    await broker.publish(batch(messages(4, { key: () => apple, prefix: "old" })));
    await sleep(2_000);
    await broker.publish(batch(messages(1, { key: () => apple, prefix: "new" })));
    const of = async (sinceMs: number) =>
      (await broker.spans!(orders.channel, sinceMs)).find((span) => span.lane === laneOf(apple))!;
    await expect.poll(() => of(since)).toEqual({ lane: laneOf(apple), from: 5, next: 6, trimmed: true });
    expect(await of(0)).toMatchObject({ from: 5, trimmed: false });
    expect(await of(Date.now() - 100)).toMatchObject({ trimmed: false });
    expect((await broker.read!(orders.channel, laneOf(apple), 1, 10)).map((m) => m.id)).toEqual(["new0"]);
  },
};
