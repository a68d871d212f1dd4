import { expect } from "vitest";
import { type Message, StaleFenceError } from "../broker.ts";
import { laneOf } from "../lane.ts";
import { apple, batch, type Cases, messages, orders, Received, stock } from "./scenario.ts";

/** Appending: what is published, by whom, and to whom it goes. */
export const publishing: Cases = {
  async "gives every group each message, whole"({ broker }) {
    await broker.register([orders, stock]);
    const [billing, search] = [new Received(), new Received()];
    await broker.subscribe(orders, billing.deliver);
    await broker.subscribe(stock, search.deliver);
    const sent: Message = {
      channel: "orders@1",
      key: "k 'ß'",
      id: "a\\1",
      body: '{"quote":"\\"\\\\ {,} ✓"}',
    };
    await broker.publish(batch([sent]));
    await billing.until(1);
    await search.until(1);
    expect(billing.all[0]).toMatchObject({ ...sent, lane: laneOf(sent.key) });
    expect(search.ids()).toEqual(["a\\1"]);
  },

  async "gives only the groups of the channel its messages"({ broker }) {
    const commands = { service: "billing", channel: "orders@1!commands" };
    await broker.register([orders, commands]);
    const [events, sent] = [new Received(), new Received()];
    await broker.subscribe(orders, events.deliver);
    await broker.subscribe(commands, sent.deliver);
    await broker.publish(batch([...messages(3), ...messages(2, { channel: commands.channel, prefix: "c" })]));
    await events.until(3);
    await sent.until(2);
    expect(sent.all.every((message) => message.channel === commands.channel)).toBe(true);
    expect(events.ids().toSorted()).toEqual(["m0", "m1", "m2"]);
  },

  async "keeps what is published between registering and subscribing"({ broker }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(30)));
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(30);
  },

  async "starts a new group at now, or at the earliest when told so"({ broker }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(10, { prefix: "old" })));
    const late = { service: "late", channel: "orders@1" };
    const curious = { service: "curious", channel: "orders@1", from: "earliest" as const };
    await broker.register([late, curious]);
    await broker.publish(batch(messages(10, { prefix: "new" })));
    const [few, all] = [new Received(), new Received()];
    await broker.subscribe(late, few.deliver);
    await broker.subscribe(curious, all.deliver);
    await all.until(20);
    await few.until(10);
    expect(few.ids().every((id) => id.startsWith("new"))).toBe(true);
    expect(few.all).toHaveLength(10);
  },

  async "leaves the position of a group that is registered again"({ broker, another }) {
    await broker.register([orders]);
    await broker.publish(batch(messages(5)));
    await (await another()).register([orders, { ...orders, from: "earliest" }, orders]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(5);
    expect(received.all).toHaveLength(5);
  },

  async "refuses a publisher with an older fence, whole"({ broker, another }) {
    await broker.register([orders]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    const other = await another();
    await broker.publish(batch(messages(1, { prefix: "five" }), 5));
    await other.publish(batch(messages(1, { prefix: "six" }), 6));
    const refused = broker.publish(batch(messages(50, { prefix: "stale" }), 5));
    await expect(refused).rejects.toThrow(StaleFenceError);
    await expect(refused).rejects.toMatchObject({ code: "STALE_FENCE", publisher: "orders", fence: 5 });
    await other.publish(batch(messages(1, { prefix: "six again" }), 6));
    await broker.publish(batch(messages(1, { prefix: "somebody else" }), 1, "payments"));
    await received.until(4);
    expect(received.ids()).toEqual(["five0", "six0", "six again0", "somebody else0"]);
  },

  async "keeps the order of first occurrences when a batch is published again"({ broker }) {
    await broker.register([orders]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    const list = messages(5, { key: () => apple });
    await broker.publish(batch(list));
    await broker.publish(batch(list));
    await received.until(10);
    expect([...new Set(received.ids())]).toEqual(list.map((message) => message.id));
  },
};
