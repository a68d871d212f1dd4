import { setTimeout as sleep } from "node:timers/promises";
import { app, optional, service, StatusError, type Actor } from "kerf";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openRedis, type Redis } from "../redis/index.ts";
import { testRedis, withoutRedis, type TestRedis } from "../redis/testing.ts";
import { shelf } from "./testing.ts";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";

const until = (is: () => boolean | Promise<boolean>) => vi.waitUntil(is, { timeout: 10_000, interval: 20 });

/** How often a handler ran, by its sku. */
let runs: Map<string, number>;
let loading: (sku: string) => Promise<void> | void;
let partFails = false;
const ran = (sku: string): number => {
  runs.set(sku, (runs.get(sku) ?? 0) + 1);
  return runs.get(sku)!;
};

const shelfService = service(
  shelf,
  { database: { migrations: tables("create table prices (sku text primary key, pence int)") } },
  {
    handle: {
      async price({ sku }, { sql, fail }) {
        ran(sku);
        const [row] = await sql<{ pence: number }>`select pence from prices where sku = ${sku}`;
        await loading(sku);
        if (!row) throw fail("NoSuchSku", { sku });
        return { sku, pence: row.pence, tags: ["new"] };
      },
      async count({ sku }) {
        const count = ran(sku);
        await loading(sku);
        return { runs: count };
      },
      async mine(_input, { actor }) {
        ran("mine");
        return { who: actor!.id };
      },
      async anyones(_input, { actor, caller, via }) {
        return { who: actor?.id ?? "nobody", caller: caller.service ?? "nobody", via };
      },
      async partial({ sku }, { gather }) {
        ran(sku);
        const { part } = await gather({
          part: optional(
            async () => {
              if (partFails) throw new StatusError("UNAVAILABLE", "it is not there");
              return "whole";
            },
            { otherwise: "left out" },
          ),
        });
        return { part };
      },
      async setPrice({ sku, pence }, { sql, emit }) {
        await sql`insert into prices values (${sku}, ${pence}) on conflict (sku) do update set pence = ${pence}`;
        emit(shelf.priceChanged, { sku, pence });
        return {};
      },
    },
  },
);
const store = app("store", {
  services: { shelf: async () => ({ default: shelfService }) },
  topologies: { all: { all: "*" } },
});

let n = 0;
let sku: string;
beforeEach(() => {
  runs = new Map();
  loading = () => {};
  partFails = false;
  sku = `s${++n}`;
});

const person = (id: string): Actor => ({ id, roles: [] });

describe.each(["memory", "redis"] as const)("cached queries, kept in %s", (kept) => {
  const leftOut = kept === "redis" && withoutRedis;
  let at: Arena;
  let server: TestRedis;
  const opened: Redis[] = [];
  let one: Replica;
  let two: Replica;
  beforeAll(async () => {
    if (leftOut) return;
    at = await arena(store);
    if (kept === "redis") {
      server = await testRedis();
      for (let i = 0; i < 2; i++)
        opened.push(await openRedis({ url: server.url, log: pino({ enabled: false }) }));
    }
    [one, two] = [await at.start({ redis: opened[0] }), await at.start({ redis: opened[1] })];
  });
  afterAll(async () => {
    await at?.[Symbol.asyncDispose]();
    for (const redis of opened) await redis.close();
    await server?.[Symbol.asyncDispose]();
  });

  describe.skipIf(leftOut)("", () => {
    test("are answered once, and each caller has a copy of its own", async () => {
      await one.call(shelf.setPrice, { sku, pence: 5 });
      const first = await one.call(shelf.price, { sku });
      first.tags.push("scribbled on");
      const second = await one.call(shelf.price, { sku });
      expect(second).toEqual({ sku, pence: 5, tags: ["new"] });
      second.tags.push("again");
      expect(await one.call(shelf.price, { sku })).toEqual({ sku, pence: 5, tags: ["new"] });
      expect(runs.get(sku)).toBe(1);
      const { cache } = await one.status();
      const { hits, misses } = cache!.queries[shelf.price.id]!;
      expect(hits).toBeGreaterThanOrEqual(2);
      expect(misses).toBeGreaterThanOrEqual(1);
      expect(cache!.store).toBe(kept);
    });

    test("are old after an event, at once where it is stated and soon everywhere, and no others are", async () => {
      const other = `${sku}-other`;
      await one.call(shelf.setPrice, { sku, pence: 5 });
      await one.call(shelf.setPrice, { sku: other, pence: 50 });
      const ask = async (replica: Replica, of = sku) => (await replica.call(shelf.price, { sku: of })).pence;
      // Until what was stated above has been heard everywhere, the answer may be dropped once more.
      await until(async () => {
        const before = runs.get(other);
        await Promise.all([ask(one), ask(two), ask(one, other), ask(two, other)]);
        await sleep(300);
        await Promise.all([ask(one), ask(two), ask(one, other), ask(two, other)]);
        return before !== undefined && before === runs.get(other);
      });
      const before = runs.get(other);
      await one.call(shelf.setPrice, { sku, pence: 6 });
      expect(await ask(one)).toBe(6);
      await until(async () => (await ask(two)) === 6);
      expect([await ask(one, other), await ask(two, other)]).toEqual([50, 50]);
      expect(runs.get(other)).toBe(before);
    });

    test("keep nothing that began to load before an event, and nobody who asks later joins that load", async () => {
      await one.call(shelf.setPrice, { sku, pence: 5 });
      const gate = Promise.withResolvers<void>();
      loading = () => gate.promise;
      const early = one.call(shelf.price, { sku });
      await until(() => runs.get(sku) === 1);
      await one.call(shelf.setPrice, { sku, pence: 6 });
      loading = () => {};
      expect((await one.call(shelf.price, { sku })).pence).toBe(6);
      gate.resolve();
      expect((await early).pence).toBe(5);
      expect((await one.call(shelf.price, { sku })).pence).toBe(6);
    });

    test("are loaded once, however many ask at once", async () => {
      await one.call(shelf.setPrice, { sku, pence: 5 });
      await until(() => runs.get(sku) === undefined);
      loading = () => sleep(100);
      const asked = Array.from({ length: 20 }, () => one.call(shelf.price, { sku }));
      // In Redis, two processes together load once too.
      if (kept === "redis") asked.push(...Array.from({ length: 20 }, () => two.call(shelf.price, { sku })));
      for (const answer of await Promise.all(asked)) expect(answer.pence).toBe(5);
      // The event may be heard in the midst of it.
      expect(runs.get(sku)).toBeLessThanOrEqual(2);
    });

    test("are finished for the others when the one who asked first gives up", async () => {
      await one.call(shelf.setPrice, { sku, pence: 5 });
      loading = () => sleep(300);
      const hasty = one.call(shelf.price, { sku }, { timeoutMs: 50 });
      const patient = one.call(shelf.price, { sku });
      await expect(hasty).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
      expect((await patient).pence).toBe(5);
    });

    test("give what is stale at once while a new one is made, and instead of it where that fails", async () => {
      expect(await one.call(shelf.count, { sku })).toEqual({ runs: 1 });
      await sleep(420);
      const gate = Promise.withResolvers<void>();
      loading = () => gate.promise;
      expect(await one.call(shelf.count, { sku })).toEqual({ runs: 1 });
      expect(await one.call(shelf.count, { sku })).toEqual({ runs: 1 });
      gate.resolve();
      await until(async () => (await one.call(shelf.count, { sku })).runs === 2);
      expect(runs.get(sku)).toBe(2);
      loading = () => Promise.reject(new StatusError("UNAVAILABLE", "it is down"));
      await sleep(420);
      for (let i = 0; i < 5; i++) {
        expect(await one.call(shelf.count, { sku })).toEqual({ runs: 2 });
        await sleep(20);
      }
      // It is not tried again with each of them.
      expect(runs.get(sku)).toBe(3);
      expect(at.lines.join()).toContain("stale answers");
    });

    test("never keep what is no answer, and declared errors where they are to", async () => {
      loading = () => Promise.reject(new StatusError("UNAVAILABLE", "it is down"));
      await expect(one.call(shelf.count, { sku })).rejects.toMatchObject({ code: "UNAVAILABLE" });
      loading = () => {};
      expect(await one.call(shelf.count, { sku })).toEqual({ runs: 2 });
      const missing = `${sku}-missing`;
      for (let i = 0; i < 3; i++)
        await expect(one.call(shelf.price, { sku: missing })).rejects.toMatchObject({
          code: "NoSuchSku",
          data: { sku: missing },
        });
      expect(runs.get(missing)).toBe(1);
      await one.call(shelf.setPrice, { sku: missing, pence: 9 });
      expect((await one.call(shelf.price, { sku: missing })).pence).toBe(9);
    });

    test("are each caller's own, or made without knowing who asks", async () => {
      for (let i = 0; i < 2; i++)
        for (const id of [`${sku}-ann`, `${sku}-ben`])
          expect(await one.call(shelf.mine, {}, { edge: person(id) })).toEqual({ who: id });
      expect(runs.get("mine")).toBe(2);
      const nobody = { who: "nobody", caller: "nobody", via: "call" };
      expect(await one.call(shelf.anyones, {}, { edge: person("ann") })).toEqual(nobody);
      expect(await one.call(shelf.anyones, {}, { edge: person("ben") })).toEqual(nobody);
    });

    test.skipIf(kept === "memory")(
      "join no load that began before an event while Redis is gone",
      async () => {
        await one.call(shelf.setPrice, { sku, pence: 5 });
        await server.kill();
        await until(() => !opened[0]!.ready());
        const gate = Promise.withResolvers<void>();
        loading = () => gate.promise;
        const early = one.call(shelf.price, { sku });
        await until(() => runs.get(sku) === 1);
        await one.call(shelf.setPrice, { sku, pence: 6 });
        loading = () => {};
        expect((await one.call(shelf.price, { sku })).pence).toBe(6);
        gate.resolve();
        expect((await early).pence).toBe(5);
        await server.start();
        await until(() => opened.every((redis) => redis.ready()));
      },
    );

    test("are told to whoever keeps them elsewhere, those of a process that has died too", async () => {
      const told: string[][] = [[], []];
      const tell = (who: number) => (tags: readonly string[]) => void told[who]!.push(...tags);
      const tag = `shelf@1.price|0|["${sku}"]`;
      const first = await at.start({ redis: opened[0], invalidated: tell(0) });
      await one.call(shelf.setPrice, { sku, pence: 5 });
      await until(() => told[0]!.includes(tag));
      await first.call(shelf.setPrice, { sku: `${sku}-own`, pence: 5 });
      expect(told[0]).toContain(`shelf@1.price|0|["${sku}-own"]`);
      await first.drain();
      // One that starts later cannot know whether anybody was told.
      const second = await at.start({ redis: opened[1], invalidated: tell(1) });
      await until(() => told[1]!.includes(tag));
      await second.drain();
    });

    test("are not kept where a part is missing", async () => {
      partFails = true;
      expect(await one.call(shelf.partial, { sku })).toEqual({ part: "left out" });
      partFails = false;
      expect(await one.call(shelf.partial, { sku })).toEqual({ part: "whole" });
      expect(await one.call(shelf.partial, { sku })).toEqual({ part: "whole" });
      expect(runs.get(sku)).toBe(2);
    });
  });
});
