import { app, command, contract, event, every, on, saga, service } from "kerf";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { TcpProxy } from "../data/tcp-proxy.ts";
import { arena, tables, type Arena, type Replica } from "./testing.ts";

const Item = z.object({ key: z.string() });
const mill = contract("mill", {
  version: 1,
  grind: command({ input: Item }),
  order: command({ input: Item }),
  ground: event({ data: Item, key: "key" }),
});
let grinding: () => Promise<void> | void = () => {};
let ticking: () => Promise<void> | void = () => {};
/** Of the slots that ran: when, and under which id. */
let slots: { id: string; at: number }[] = [];

const batch = saga("batch", {
  version: 1,
  input: Item,
  uses: [mill],
  async run({ key }, { step }) {
    for (const i of [1, 2, 3]) {
      await step(`grind ${i}`, mill.grind, { key: `${key} ${i}` }, { undo: [mill.grind, { key: "undo" }] });
    }
    await step("grind 4", mill.grind, { key: `${key} 4` });
  },
});
const millService = service(
  mill,
  { database: { migrations: tables("create table flour (key text, heard bool)") } },
  {
    handle: {
      async grind({ key }, { sql, emit }) {
        await sql`insert into flour values (${key}, false)`;
        await grinding();
        emit(mill.ground, { key });
        return {};
      },
      async order({ key }, { start }) {
        start(batch, { key }, { id: key });
        return {};
      },
    },
    react: [
      on(mill.ground, async ({ key }, { sql }) => {
        await sql`update flour set heard = true where key = ${key}`;
      }),
    ],
    schedule: [
      every("400ms", "turn", async (context) => {
        await context.sql`select 1`;
        slots.push({ id: (context as unknown as { id: string }).id, at: Date.now() });
        await ticking();
      }),
    ],
    sagas: [batch],
  },
);
const village = app("village", {
  services: { mill: async () => ({ default: millService }) },
  topologies: { all: { all: "*" } },
});

let at: Arena;
let n = 0;
let key: string;
beforeAll(async () => {
  at = await arena(village);
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(() => {
  grinding = ticking = () => {};
  slots = [];
  key = `k${++n} `;
});

const flour = async (): Promise<{ ground: number; heard: number }> => {
  const [row] = await at.sql("mill")`
    select count(*)::int as ground, count(*) filter (where heard)::int as heard from flour where starts_with(key, ${key})`;
  return row as never;
};

/** Counts messages from the client that hold a text, without changing anything. */
function counted(proxy: TcpProxy, text: string): () => number {
  let count = 0;
  proxy.cutOn((chunk) => {
    count += chunk.toString("latin1").split(text).length - 1;
    return false;
  }, true);
  return () => count;
}

describe("schedules", () => {
  test("run each slot once among two replicas, and collapse what was missed", async () => {
    const replicas = await Promise.all([at.start(), at.start()]);
    await expect.poll(() => slots.length, { timeout: 5_000 }).toBeGreaterThan(4);
    expect(new Set(slots.map((slot) => slot.id)).size).toBe(slots.length);
    const gaps = slots.slice(1).map((slot, i) => slot.at - slots[i]!.at);
    expect(Math.min(...gaps)).toBeGreaterThan(300);
    await at.sql("mill")`update kerf.slot set next_at = now() - interval '1 hour'`;
    slots = [];
    await sleep(600);
    expect(slots.length).toBeLessThanOrEqual(3);
    await Promise.all(replicas.map((replica) => replica.drain()));
  });

  test("that fail are tried again under the same id, later and later", async () => {
    ticking = () => {
      throw new Error("stuck");
    };
    const replica = await at.start();
    await sleep(4_000);
    // After 1 and 2 seconds, whatever else goes on meanwhile.
    expect(slots.length).toBeGreaterThanOrEqual(2);
    expect(slots.length).toBeLessThanOrEqual(3);
    expect(new Set(slots.map((slot) => slot.id)).size).toBe(1);
    ticking = () => {};
    await expect
      .poll(() => new Set(slots.map((slot) => slot.id)).size, { timeout: 8_000 })
      .toBeGreaterThan(1);
    await replica.drain();
  });
});

describe("a unit", () => {
  test("that is idle sends one statement per service in its interval", async () => {
    await at.sql("mill")`update kerf.slot set next_at = now() + interval '1 hour', every_ms = 3600000`;
    const replica = await at.start({ timing: { leaseMs: 30_000, pollMs: 400 } });
    await at.sql("mill")`update kerf.slot set next_at = now() + interval '1 hour', every_ms = 3600000`;
    await sleep(600);
    const begins = counted(replica.proxies.get("mill")!, "begin isolation");
    await sleep(4_000);
    // 400 ms ± 20 %: 8 to 12 in 4 s, and one more at either end.
    expect(begins()).toBeGreaterThanOrEqual(6);
    expect(begins()).toBeLessThanOrEqual(14);
    await replica.drain();
  });

  test("that is drained finishes what is in flight, and gives its leases back at once", async () => {
    const leaving = await at.start({ timing: { leaseMs: 60_000 } });
    const staying = await at.start({ timing: { leaseMs: 60_000 } });
    let began = false;
    grinding = async () => {
      began = true;
      await sleep(300);
    };
    const running = leaving.call(mill.grind, { key }, { id: key });
    await expect.poll(() => began).toBe(true);
    const twice = [leaving.drain(), leaving.drain()];
    expect(leaving.ready()).toBe(false);
    await running;
    await Promise.all(twice);
    grinding = () => {};
    const since = Date.now();
    await staying.call(mill.grind, { key: `${key}2` }, { id: `${key}2` });
    await expect.poll(flour, { timeout: 5_000 }).toEqual({ ground: 2, heard: 2 });
    expect(Date.now() - since).toBeLessThan(3_000);
    await staying.drain();
  });

  test("whose every connection is killed again and again under load loses nothing and repeats nothing", async () => {
    const replica = await at.start();
    const count = 60;
    const load = Promise.all(
      Array.from({ length: 4 }, async (_, worker) => {
        for (let i = worker; i < count; i += 4) {
          for (;;) {
            const taken = await replica
              .call(mill.grind, { key: `${key}${i}` }, { id: `${key}${i}`, timeoutMs: 3_000 })
              .then(
                () => true,
                () => false,
              );
            if (taken) break;
            await sleep(50);
          }
          await sleep(20);
        }
      }),
    );
    for (const database of ["mill", "broker", "mill"]) {
      await sleep(150);
      const bringBack = await at.takeAway(database);
      await sleep(100);
      await bringBack();
    }
    await load;
    await expect.poll(flour, { timeout: 20_000 }).toEqual({ ground: count, heard: count });
    await replica.drain();
  });
});

describe("what it costs", () => {
  let replica: Replica;
  let commits: () => number;
  let published: () => number;
  beforeAll(async () => {
    replica = await at.start({ timing: { leaseMs: 60_000, pollMs: 60_000 } });
    await at.sql("mill")`update kerf.slot set next_at = now() + interval '1 hour', every_ms = 3600000`;
    // Connections are open and statements prepared.
    for (const i of [1, 2, 3]) await replica.call(mill.grind, { key: `warm ${i}` });
    await replica.call(mill.order, { key: "warm" });
    await sleep(1_000);
  });
  beforeEach(() => {
    commits = counted(replica.proxies.get("mill")!, "begin isolation level read committed read write");
    published = counted(replica.proxies.get("broker")!, "broker.publish");
  });

  test("a command with one event: one commit for it, one to forget that it was sent, one to react", async () => {
    await replica.call(mill.grind, { key });
    await expect.poll(flour).toEqual({ ground: 1, heard: 1 });
    await sleep(100);
    expect(commits()).toBe(3);
    expect(published()).toBeLessThanOrEqual(1);
  });

  test("a command takes two round trips: one to begin, record and do, one to finish", async () => {
    const proxy = replica.proxies.get("mill")!;
    await at.sql("mill")`update kerf.lease set worker = null`;
    const before = proxy.roundTrips();
    let inside = 0;
    grinding = () => void (inside = proxy.roundTrips());
    await replica.call(mill.grind, { key });
    expect(inside - before).toBe(1);
  });

  test("a saga of four steps: five commits of its own, and one for each command", async () => {
    await replica.call(mill.order, { key });
    await expect.poll(flour, { timeout: 5_000 }).toEqual({ ground: 4, heard: 4 });
    await expect.poll(async () => (await replica.status()).sagas).toBe(0);
    await sleep(200);
    const [order, sagaItself, commands, reactions] = [1, 5, 4, 4];
    // The relay forgets what it sent in batches: 1 to 4. `status` reads in a transaction of its own.
    expect(commits()).toBeGreaterThanOrEqual(order! + sagaItself! + commands! + reactions! + 1);
    expect(commits()).toBeLessThanOrEqual(order! + sagaItself! + commands! + reactions! + 4 + 3);
  });
});
