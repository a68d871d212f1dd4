import { app, command, contract, service } from "kerf";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { arena, tables, type Arena } from "./testing.ts";

const mill = contract("mill", { version: 1, grind: command({ input: z.object({ key: z.string() }) }) });
let grinding: () => Promise<void> | void = () => {};
const millService = service(
  mill,
  { database: { migrations: tables("create table flour (key text)") } },
  {
    handle: {
      async grind({ key }, { sql }) {
        await sql`insert into flour values (${key})`;
        await grinding();
        return {};
      },
    },
  },
);

let at: Arena;
beforeAll(async () => {
  at = await arena(
    app("mills", {
      services: { mill: async () => ({ default: millService }) },
      topologies: { one: { all: "*" } },
    }),
  );
});
afterAll(() => at[Symbol.asyncDispose]());

const leases = async (): Promise<number> => {
  const [row] = await at.sql("mill")<{ count: number }[]>`select count(*)::int as count from kerf.worker`;
  return row!.count;
};

test.each([
  ["refuses connections", (proxy: { close(): Promise<void> }) => proxy.close()],
  ["is silent", async (proxy: { blackhole(on: boolean): void }) => proxy.blackhole(true)],
])("a unit whose database %s ends within its grace", async (_, breakIt) => {
  const unit = await at.start({ timing: { drainMs: 900 } });
  await Promise.all([...unit.proxies.values()].map(breakIt));
  await sleep(300);
  const since = performance.now();
  await unit.drain();
  expect(performance.now() - since).toBeLessThan(1_400);
});

test("a call that hangs is cut in time for the leases to be given back", async () => {
  await at.sql("mill")`delete from kerf.worker`;
  const unit = await at.start({ timing: { drainMs: 2_000, leaseMs: 60_000 } });
  expect(await leases()).toBe(1);
  let began = false;
  let end = (): void => {};
  grinding = () => {
    began = true;
    return new Promise<void>((resolve) => (end = resolve));
  };
  const hanging = unit.call(mill.grind, { key: "a" }).catch(() => "cut");
  await expect.poll(() => began).toBe(true);
  const since = performance.now();
  await unit.drain();
  expect(performance.now() - since).toBeLessThan(2_500);
  expect(await leases()).toBe(0);
  end();
  expect(await hanging).toBeDefined();
});
