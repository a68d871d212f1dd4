import { app, command, contract, event, on, service } from "kerf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { testServer } from "../data/testing.ts";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";
import { databaseFaults, type DatabaseFaults } from "./database.ts";
import { followWork } from "./unfinished.ts";

const Note = z.object({ key: z.string(), n: z.int() });
const news = contract("news", {
  version: 1,
  post: command({ input: Note }),
  posted: event({ data: Note, key: "key" }),
});
let reacting: () => Promise<void> | void;
const newsService = service(
  news,
  { database: { migrations: tables("create table post (n int)") } },
  {
    handle: {
      async post({ key, n }, { sql, emit }) {
        emit(news.posted, { key, n });
        await sql`insert into post values (${n})`;
        return {};
      },
    },
    react: [
      on(news.posted, async ({ n }, { sql }) => {
        await reacting();
        await sql`insert into post values (${-n})`;
      }),
    ],
  },
);
const press = app("press", {
  services: { news: async () => ({ default: newsService }) },
  topologies: { one: { all: "*" } },
});

let at: Arena;
let unit: Replica;
let faults: DatabaseFaults;
let place: { url: string; app: string };
const never = new AbortController().signal;
const heard = async (): Promise<number[]> =>
  (await at.sql("news")`select -n as n from post where n < 0 order by 1`).map((row) => row["n"] as number);

beforeAll(async () => {
  at = await arena(press);
  unit = await at.start();
  const { adminUrl: url } = await testServer();
  const name = at.sql("broker").options.database.replace(/_broker$/, "");
  place = { url, app: name };
  faults = databaseFaults({ dataDir: "", ...place });
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(() => {
  reacting = () => {};
});

test("messages that were handled come again, are known, and are counted", async () => {
  for (const n of [1, 2, 3]) await unit.call(news.post, { key: "k", n });
  await expect.poll(heard).toEqual([1, 2, 3]);
  expect((await unit.status()).repeated).toBe(0);
  expect(await faults.redeliver(100, never)).toBe(3);
  await expect.poll(async () => (await unit.status()).repeated).toBe(3);
  expect(await heard()).toEqual([1, 2, 3]);
});

test("work that a process holds is followed until it goes on", async () => {
  let go!: () => void;
  const gate = new Promise<void>((resolve) => (go = resolve));
  let came!: () => void;
  const here = new Promise<void>((resolve) => (came = resolve));
  reacting = () => {
    came();
    return gate;
  };
  await unit.call(news.post, { key: "k", n: 4 });
  await here;
  const work = await followWork({ ...place, services: ["news"], replica: unit.replica });
  expect(work.deliveries).toBe(1);
  const soon = await followWork({ ...place, services: ["news"], replica: unit.replica });
  expect(await soon.goesOn(AbortSignal.timeout(200))).toBe(false);
  go();
  expect(await work.goesOn(AbortSignal.timeout(5_000))).toBe(true);
  await expect.poll(heard).toContain(4);
});

test("a locked service waits for the lock, which ends when it is told to", async () => {
  const over = new AbortController();
  const locked = faults.lock("news", 60_000, over.signal);
  const locks = () =>
    at.sql(
      "news",
    )`select from pg_locks where mode = 'AccessExclusiveLock' and relation = 'kerf.outbox'::regclass`;
  await expect.poll(async () => (await locks()).length).toBe(1);
  const posted = unit.call(news.post, { key: "k", n: 5 });
  const waiting = () =>
    at.sql(
      "news",
    )`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  await expect.poll(async () => (await waiting()).length).toBeGreaterThan(0);
  over.abort();
  await locked;
  await posted;
});

test("the services of an application that have a database are known", async () => {
  expect(await faults.stored(["news", "nobody"])).toEqual(["news"]);
});
