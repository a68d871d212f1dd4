import { expect } from "vitest";
import { batch, type Cases, eventually, messages, orders, Received, sleep } from "./scenario.ts";

/** Several processes. */
export const sharing: Cases = {
  async "shares the lanes of a group between processes, each message to one"({ broker, another }) {
    await broker.register([orders]);
    const [here, there] = [new Received(), new Received()];
    await broker.subscribe(orders, here.deliver);
    await broker.publish(batch(messages(100, { prefix: "before" })));
    await here.until(100);
    const other = await another();
    await other.subscribe(orders, there.deliver);
    const seenBy = async () => {
      there.all.length = here.all.length = 0;
      await broker.publish(batch(messages(100, { key: (i) => `key ${i}` })));
      await eventually(() => expect(here.all.length + there.all.length).toBe(100));
      return new Set(there.all.map((message) => message.lane)).size;
    };
    let lanes = await seenBy();
    for (let tries = 0; lanes < 8 && tries < 50; tries++) {
      await sleep(20);
      lanes = await seenBy();
    }
    expect(lanes).toBe(8);
    expect(new Set([...here.ids(), ...there.ids()]).size).toBe(100);
  },

  async "gives the lanes of a stopped process to the others"({ broker, another }) {
    await broker.register([orders]);
    const [here, there] = [new Received(), new Received()];
    await broker.subscribe(orders, here.deliver);
    const other = await another();
    const subscription = await other.subscribe(orders, there.deliver);
    await broker.publish(batch(messages(100, { prefix: "both" })));
    await eventually(() => expect(here.all.length + there.all.length).toBe(100));
    await subscription.stop();
    await broker.publish(batch(messages(100, { prefix: "one" })));
    await eventually(() => expect(here.ids().filter((id) => id.startsWith("one"))).toHaveLength(100));
    expect(there.ids().some((id) => id.startsWith("one"))).toBe(false);
  },

  async "wakes a subscriber in another process"({ broker, another }) {
    await broker.register([orders]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    const other = await another();
    const started = performance.now();
    for (let i = 1; i <= 10; i++) {
      await other.publish(batch(messages(1, { prefix: `${i}-` })));
      await received.until(i);
    }
    // Far from what ten polls would take.
    expect(performance.now() - started).toBeLessThan(3_000);
  },

  async "nudges who listens to a topic, in any process, until disposed"({ broker, another }) {
    const other = await another();
    const heard: string[] = [];
    broker.onWake!("outbox:orders", () => heard.push("here"));
    const dispose = other.onWake!("outbox:orders", () => heard.push("there"));
    other.onWake!("outbox:payments", () => heard.push("wrong"));
    broker.wake!("outbox:orders");
    await eventually(() => expect(new Set(heard)).toEqual(new Set(["here", "there"])));
    dispose();
    heard.length = 0;
    broker.wake!("outbox:orders");
    await eventually(() => expect(heard).toContain("here"));
    await sleep(50);
    expect(heard).not.toContain("there");
    expect(heard).not.toContain("wrong");
  },
};
