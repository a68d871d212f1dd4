import { app, command, contract, event, on, service } from "kerf";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";

const Note = z.object({ key: z.string(), n: z.int() });
const news = contract("news", {
  version: 1,
  post: command({ input: Note }),
  order: command({ input: Note }),
  posted: event({ data: Note, key: "key" }),
  retired: event({ data: Note, key: "key" }),
});
const desk = contract("desk", {
  version: 1,
  file: command({ input: Note, errors: { Full: z.object({}) } }),
});

/** What the subscriber does beside its work: set by each test. */
let reacting: (key: string, n: number) => Promise<void> | void;
const newsService = service(
  news,
  { database: { migrations: tables("create table post (key text, n int)") }, uses: [desk] },
  {
    handle: {
      async post({ key, n }, { sql, emit }) {
        emit(news.posted, { key, n });
        await sql`insert into post values (${key}, ${n})`;
        return {};
      },
      async order({ key, n }, { send }) {
        send(desk.file, { key, n }, { key });
        return {};
      },
    },
  },
);
const deskService = service(
  desk,
  {
    database: {
      migrations: tables("create table paper (id int generated always as identity, key text, n int)"),
    },
  },
  {
    handle: {
      async file({ key, n }, { sql, fail }) {
        await sql`insert into paper (key, n) values (${key}, ${n})`;
        await reacting(key, n);
        if (n < 0) throw fail("Full", {});
        return {};
      },
    },
    react: [
      on(news.posted, async ({ key, n }, { sql }) => {
        await sql`insert into paper (key, n) values (${key}, ${n})`;
        await reacting(key, n);
      }),
    ],
  },
);
const both = { news: async () => ({ default: newsService }), desk: async () => ({ default: deskService }) };
const press = app("press", {
  services: both,
  topologies: { split: { news: ["news"], desk: ["desk"] } },
});

let at: Arena;
let writer: Replica;
let other: Replica;
let reader: Replica;
let n = 0;
let key: string;
const units = [...press.topologies.values()][0]!.units;
const unit = (name: string) => ({ unit: units.find((u) => u.name === name)! });

beforeAll(async () => {
  at = await arena(press);
  writer = await at.start(unit("news"));
  other = await at.start(unit("news"));
  reader = await at.start({ ...unit("desk"), timing: { giveUpMs: 1_500 } });
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(() => {
  reacting = () => {};
  key = `k${++n}`;
});

const papers = async (of = key): Promise<number[]> =>
  (await at.sql("desk")`select n from paper where key = ${of} order by id`).map((row) => row["n"] as number);
const parked = (of = key): Promise<Record<string, unknown>[]> =>
  at.sql("desk")`select id, state, attempts, error from kerf.parked where key = ${of} order by parked_id`;
const unsent = async (): Promise<number> =>
  Number((await at.sql("news")`select count(*) from kerf.outbox`)[0]!["count"]);
const post = (i: number, of = key, from = writer): Promise<unknown> =>
  from.call(news.post, { key: of, n: i });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const owner = async (): Promise<string> =>
  (await at.sql("news")`select w.replica from kerf.lease l join kerf.worker w on w.id = l.worker`)[0]?.[
    "replica"
  ] as string;

describe("the outbox", () => {
  test("keeps the order of commits per key under concurrent writers in two processes", async () => {
    await Promise.all(upTo(40).map((i) => post(i, `${key} ${i % 4}`, i % 2 ? writer : other)));
    await expect
      .poll(async () => (await Promise.all([0, 1, 2, 3].map((k) => papers(`${key} ${k}`)))).flat().length, {
        timeout: 10_000,
      })
      .toBe(40);
    const rows = await at.sql("broker")`
      select key, lane, "offset", (body::json->>'sequence')::int as sequence from broker.messages where starts_with(key, ${`${key} `}) order by lane, "offset"`;
    for (const k of [0, 1, 2, 3]) {
      // A batch may be published twice: what counts is the order of the first occurrences.
      const sequences = [
        ...new Set(
          rows.filter((row) => row["key"] === `${key} ${k}`).map((row) => row["sequence"] as number),
        ),
      ];
      expect(sequences).toHaveLength(10);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }
    await expect.poll(unsent).toBe(0);
  });

  test("published again after a crash before the deletion is handled once", async () => {
    // The connection that deletes is cut before PostgreSQL has got it: what was published is published again.
    const relay = (await owner()) === writer.replica ? writer : other;
    const proxy = relay.proxies.get("news")!;
    await post(1);
    await expect.poll(papers).toEqual([1]);
    proxy.cutOn((chunk) => chunk.includes("commit\0") && !chunk.includes(key), false);
    await post(2);
    await post(3);
    await expect.poll(papers, { timeout: 10_000 }).toEqual([1, 2, 3]);
    await expect.poll(unsent, { timeout: 10_000 }).toBe(0);
    await sleep(200);
    expect(await papers()).toEqual([1, 2, 3]);
  });

  test("has one owner among two replicas; one that was cut off is succeeded and fenced", async () => {
    const third = await at.start(unit("news"));
    await Promise.all([writer.drain(), other.drain()]);
    await expect.poll(owner, { timeout: 5_000 }).toBe(third.replica);
    writer = await at.start(unit("news"));
    other = await at.start(unit("news"));
    await post(1, key, third);
    await expect.poll(papers).toEqual([1]);
    for (const proxy of third.proxies.values()) proxy.blackhole(true);
    await post(2);
    await expect.poll(papers, { timeout: 10_000 }).toEqual([1, 2]);
    for (const proxy of third.proxies.values()) proxy.blackhole(false);
    await post(3);
    await expect.poll(papers, { timeout: 10_000 }).toEqual([1, 2, 3]);
    await third.cutOff();
  });

  test("goes to another soon also where its owner was cut off in the middle of renewing its lease", async () => {
    const third = await at.start(unit("news"));
    await Promise.all([writer.drain(), other.drain()]);
    await expect.poll(owner, { timeout: 5_000 }).toBe(third.replica);
    const proxy = third.proxies.get("news")!;
    let renewing = false;
    let cut = false;
    // The rows of the lease stay locked until PostgreSQL ends the transaction by itself.
    proxy.cutOn((chunk) => {
      if (renewing && !cut) proxy.blackhole((cut = true));
      // Only a renewal names the replica.
      renewing ||= chunk.includes(`\0${String.fromCharCode(third.replica.length)}${third.replica}`);
      return false;
    }, false);
    await expect.poll(() => cut, { timeout: 5_000 }).toBe(true);
    writer = await at.start(unit("news"));
    await expect.poll(owner, { timeout: 7_000 }).toBe(writer.replica);
    await third.cutOff();
    other = await at.start(unit("news"));
  });

  test("waits while the broker is down, loses nothing, and drains in order", async () => {
    await expect.poll(async () => [writer.replica, other.replica].includes(await owner())).toBe(true);
    const bringBack = await at.takeAway("broker");
    await Promise.all(upTo(3).map((i) => post(i, `${key} a${i}`)));
    for (const i of upTo(5)) await post(i);
    await sleep(500);
    expect(await papers()).toEqual([]);
    expect(await unsent()).toBeGreaterThanOrEqual(8);
    await bringBack();
    await expect.poll(papers, { timeout: 20_000 }).toEqual([1, 2, 3, 4, 5]);
    await expect.poll(unsent).toBe(0);
  });
});

test("what was published twice is handled once", async () => {
  await post(1);
  await expect.poll(papers).toEqual([1]);
  const [sent] = await at.sql("broker")`select channel, key, id, body from (
    select c.name as channel, m.key, m.id, m.body from broker.messages m join broker.channels c on c.id = m.channel) as sent where key = ${key}`;
  await at.sql("news")`insert into kerf.outbox ${at.sql("news")(sent as Record<string, string>)}`;
  await post(2);
  await expect.poll(papers).toEqual([1, 2]);
});

describe("a message that fails", () => {
  test("blocks its key only; the order is kept through the retries", async () => {
    let broken = true;
    reacting = (of) => {
      if (of === key && broken) throw new Error("broken");
    };
    for (const i of upTo(3)) await post(i);
    await post(1, `${key} good`);
    await expect.poll(() => papers(`${key} good`)).toEqual([1]);
    await expect.poll(async () => (await parked()).length, { timeout: 5_000 }).toBe(3);
    await post(4);
    await expect.poll(async () => (await parked()).length).toBe(4);
    expect((await parked()).map((row) => row["attempts"])).toEqual([1, 0, 0, 0]);
    broken = false;
    await expect.poll(papers, { timeout: 10_000 }).toEqual([1, 2, 3, 4]);
    expect(await parked()).toEqual([]);
  });

  test("for its whole time is a dead letter with its reason; those behind it get a whole time of their own", async () => {
    let last = 0;
    reacting = (of, i) => {
      if (of !== key || i === 3) return;
      if (i === 2 && last === 0) last = Date.now();
      // A reason that PostgreSQL cannot store as it is, and that is no Error.
      throw i === 1 ? new Error("poison \0 of the first") : "no error at all";
    };
    for (const i of upTo(3)) await post(i);
    await expect
      .poll(async () => (await parked())[0], { timeout: 15_000 })
      .toMatchObject({ state: "dead", error: "poison  of the first" });
    await expect
      .poll(async () => (await parked())[1], { timeout: 15_000 })
      .toMatchObject({ state: "dead", error: "no error at all" });
    expect(Date.now() - last).toBeGreaterThan(1_450);
    await expect.poll(papers).toEqual([3]);
  });

  test("because the subscriber's database is away uses up no try", async () => {
    const bringBack = await at.takeAway("desk");
    for (const i of upTo(3)) await post(i);
    await sleep(1_500);
    await bringBack();
    await expect.poll(papers, { timeout: 25_000 }).toEqual([1, 2, 3]);
    expect(await parked()).toEqual([]);
  });

  test("because its data does not fit is parked, and says how", async () => {
    await at.sql("news")`
      insert into kerf.outbox (channel, key, id, body) values ('news@1', ${key}, ${`${key} wrong`}, ${JSON.stringify({ id: "x", type: "news@1.posted", source: "news", time: "", key, traceparent: "", data: { key, n: "one" } })})`;
    await expect
      .poll(async () => (await parked())[0], { timeout: 5_000 })
      .toMatchObject({
        state: "waiting",
        error: expect.stringMatching(/data of news@1\.posted does not fit: n /),
      });
    await at.sql("desk")`delete from kerf.parked where key = ${key}`;
  });

  test("of a type that nobody here knows is let go", async () => {
    await at.sql("news")`
      insert into kerf.outbox (channel, key, id, body) values ('news@1', ${key}, ${`${key} new`}, ${JSON.stringify({ id: "x", type: "news@1.invented", data: {} })})`;
    await post(1);
    await expect.poll(papers, { timeout: 5_000 }).toEqual([1]);
    expect(await parked()).toEqual([]);
  });
});

describe("a command that was sent", () => {
  test("and refused with a declared error is final", async () => {
    await writer.call(news.order, { key, n: -1 });
    await writer.call(news.order, { key, n: 2 });
    await expect.poll(papers).toEqual([2]);
    expect(await parked()).toEqual([]);
    const records = await at.sql(
      "desk",
    )`select state from kerf.command where member = 'desk@1.file' and scope = 'news' order by at desc limit 2`;
    expect(records.map((row) => row["state"]).toSorted()).toEqual(["failed", "ok"]);
  });

  test("to a service that is not there yet waits for it", async () => {
    await reader.drain();
    await writer.call(news.order, { key, n: 1 });
    await writer.call(news.order, { key, n: 2 });
    await sleep(200);
    expect(await papers()).toEqual([]);
    reader = await at.start({ ...unit("desk"), timing: { giveUpMs: 1_500 } });
    await expect.poll(papers, { timeout: 5_000 }).toEqual([1, 2]);
  });
});
