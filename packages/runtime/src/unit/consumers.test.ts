import { command, contract, event, service, type ServiceDefinition } from "kerf";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Broker } from "../broker/broker.ts";
import { memoryBroker } from "../broker/memory.ts";
import { processClock } from "../clock/process-clock.ts";
import { createLog } from "../log/index.ts";
import { Consumers } from "./consumers.ts";

const minute = 60_000;
const keptMs = 60 * minute;
const Note = z.object({ id: z.string() });
const orders = contract("orders", {
  version: 1,
  place: command({ input: Note }),
  placed: event({ data: Note, key: "id" }),
});
const ordersService = service(
  orders,
  {},
  { handle: { place: async () => ({}) } },
) as unknown as ServiceDefinition;

/** Time passes when a test says so; timers of the broker come when it looks. */
let now: number;
let broker: Broker;
let consumers: Consumers;
let lines: string[];
let published = 0;

beforeEach(() => {
  now = Date.parse("2026-01-01T00:00:00Z");
  lines = [];
  const clock = { ...processClock, now: () => now, random: () => 0.5 };
  broker = memoryBroker({ timers: clock, retentionMs: keptMs });
  const log = createLog({
    unit: "shop",
    level: "info",
    destination: {
      write: (line) => {
        const { level, msg } = JSON.parse(line) as { level: string; msg: string };
        lines.push(`${level}: ${msg}`);
      },
    },
  });
  consumers = new Consumers({ broker, definitions: [ordersService], log, clock, measureMs: 1_000, keptMs });
});

const publish = (): Promise<void> =>
  broker.publish({
    publisher: "orders",
    fence: 1,
    messages: [{ channel: "orders@1", key: "k", id: `m${++published}`, body: "{}" }],
  });
/** Looks after so long; what was logged then. */
async function after(ms: number): Promise<readonly string[]> {
  now += ms;
  consumers.look();
  await new Promise(setImmediate);
  return lines.splice(0);
}

describe("subscribers that are behind", () => {
  test("are told of once, also where they run nowhere, and once more when they have caught up", async () => {
    const mail = { service: "mail", channel: "orders@1" };
    await broker.register([mail]);
    await publish();
    expect(await after(minute)).toEqual([]);
    expect(await after(5 * minute)).toEqual([
      "warn: mail is 1 messages behind on orders@1, the oldest 6 min old; does a unit with mail run?",
    ]);
    expect(await after(minute)).toEqual([]);
    await broker.subscribe(mail, async () => {});
    await expect.poll(async () => (await broker.backlog!())[0]!.messages).toBe(0);
    expect(await after(minute)).toEqual(["info: mail has caught up on orders@1"]);
    expect(await after(minute)).toEqual([]);
  });

  test("by more than messages are kept have lost some: first it is about to be, then it is an error", async () => {
    const mail = { service: "mail", channel: "orders@1" };
    await broker.register([mail]);
    await publish();
    expect(await after(50 * minute)).toContain(
      "error: mail is about to lose messages of orders@1: its oldest is 50 min old, and they are kept for 60 min",
    );
    now += 20 * minute;
    await publish();
    expect(await after(1_000)).toEqual(
      expect.arrayContaining([
        "error: mail lost 1 messages of orders@1: it was further behind than messages are kept",
        "info: mail is not about to lose messages of orders@1 any more",
      ]),
    );
  });

  test("of other units' contracts are left to those units", async () => {
    await broker.register([{ service: "mail", channel: "stock@1" }]);
    await broker.publish({
      publisher: "stock",
      fence: 1,
      messages: [{ channel: "stock@1", key: "k", id: "s1", body: "{}" }],
    });
    expect(await after(10 * minute)).toEqual([]);
  });
});
