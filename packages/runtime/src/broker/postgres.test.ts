import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { afterEach, describe, expect, it } from "vitest";
import { testServer } from "../data/testing.ts";
import { type Broker, StaleFenceError } from "./broker.ts";
import { laneOf } from "./lane.ts";
import { apple, batch, eventually, messages, orders, pear, Received } from "./suite/scenario.ts";
import { brokerSuite } from "./suite.ts";
import { Link } from "./postgres/link.ts";
import { postgresBroker, type PostgresBrokerOptions } from "./postgres.ts";
import { ensureSchema } from "./postgres/schema.ts";
import { trimOld } from "./postgres/trim.ts";

brokerSuite("postgres", {
  async open(settings) {
    const database = await (await testServer()).freshDatabase("broker");
    const { url } = database;
    // A second poll would hide a lost wake-up: the interval stays at its default, except where trimming is to be seen.
    const pollMs = settings.retentionMs === undefined ? 5_000 : 200;
    return {
      broker: await postgresBroker({ url, pollMs, ...settings }),
      another: (other) => postgresBroker({ url, pollMs, ...other }),
      dispose: () => database.drop(),
    };
  },
});

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function freshDatabase() {
  const database = await (await testServer()).freshDatabase("broker");
  opened.push(() => database.drop());
  const sql = postgres(database.url, { max: 3, onnotice: () => {} });
  opened.push(() => sql.end());
  return { url: database.url, sql };
}

async function open(options: PostgresBrokerOptions): Promise<Broker> {
  const broker = await postgresBroker(options);
  opened.push(() => broker.close());
  return broker;
}

/** Publishes one message as another process would, but within a transaction of the caller's. */
async function publishWithin(
  sql: postgres.TransactionSql,
  id: string,
  key: string,
  { fence = 1, me = null as number | null } = {},
) {
  const [{ channel }] =
    (await sql`select id as channel from broker.channels where name = 'orders@1'`) as unknown as [
      { channel: number },
    ];
  const lane = laneOf(key);
  const [row] = await sql`
    select broker.publish('orders', ${fence}, ${me}, ${[channel]}, ${[lane]}, ${[1]},
      ${[channel]}, ${[lane]}, ${[0]}, ${[key]}, ${[id]}, ${["{}"]}) as done`;
  return row!["done"] as boolean;
}

describe("the log in PostgreSQL", () => {
  it("never skips a message whose publisher commits late, and holds up its lane only", async () => {
    const { url, sql } = await freshDatabase();
    const broker = await open({ url });
    await broker.register([orders]);
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    let behind: Promise<void> | undefined;
    await sql.begin(async (late) => {
      await publishWithin(late, "late", apple);
      behind = broker.publish(batch(messages(1, { key: () => apple, prefix: "behind" }), 1, "other"));
      await broker.publish(batch(messages(1, { key: () => pear, prefix: "beside" }), 1, "another"));
      await received.until(1);
      await sleep(100);
      expect(received.ids()).toEqual(["beside0"]);
    });
    await behind;
    await received.until(3);
    expect(received.ids()).toEqual(["beside0", "late", "behind0"]);
  });

  it("leaves no gap, and never locks up, when a publisher rolls back and many publish at once", async () => {
    const { url, sql } = await freshDatabase();
    const brokers = [await open({ url }), await open({ url })];
    await brokers[0]!.register([orders]);
    const rollback = sql.begin(async (late) => {
      await publishWithin(late, "never", apple);
      throw new Error("rolled back");
    });
    await expect(rollback).rejects.toThrow("rolled back");
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        brokers[i % 2]!.publish(
          batch(messages(20, { prefix: `${i}-`, key: (n) => `k${i % 2 ? n : 19 - n}` }), 1, `publisher ${i}`),
        ),
      ),
    );
    const rows = await sql`
      select count(*)::int as count, min("offset")::int as first, max("offset")::int as last, max(l.next)::int as next
      from broker.messages m join broker.lanes l using (channel, lane) group by channel, lane`;
    expect(rows.reduce((sum, row) => sum + row["count"], 0)).toBe(2_000);
    for (const row of rows)
      expect(row).toEqual({ count: row["last"], first: 1, last: row["last"], next: row["last"] + 1 });
  });

  it("decides between two fences by their commits, not by their begins", async () => {
    const { url, sql } = await freshDatabase();
    const broker = await open({ url });
    await broker.register([orders]);
    await broker.publish(batch(messages(1), 5));
    let stale: Promise<unknown> | undefined;
    await sql.begin(async (newer) => {
      expect(await publishWithin(newer, "six", apple, { fence: 6 })).toBe(true);
      stale = broker.publish(batch(messages(1), 5)).catch((error: unknown) => error);
      await sleep(100);
    });
    expect(await stale).toBeInstanceOf(StaleFenceError);
  });

  it("notifies only when another process is concerned", async () => {
    const { url, sql } = await freshDatabase();
    const heard: string[] = [];
    const broker = await open({ url });
    await broker.register([orders]);
    const here = new Received();
    await broker.subscribe(orders, here.deliver);
    await sql.listen("kerf_broker", (payload) => heard.push(payload));
    await broker.publish(batch(messages(3)));
    await here.until(3);
    await sleep(50);
    expect(heard).toEqual([]);
    const other = await open({ url });
    await other.publish(batch(messages(30)));
    await here.until(33);
    await eventually(() => expect(heard).toEqual([expect.stringMatching(/^c\d+$/)]));
  });

  it("finds by its poll what no notification told", async () => {
    const { url, sql } = await freshDatabase();
    const broker = await open({ url, pollMs: 200 });
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    const [{ owner }] = (await sql`select max(owner)::int as owner from broker.cursors`) as unknown as [
      { owner: number },
    ];
    // As if by this process: then there is no notification, and no wake-up within the process either.
    await sql.begin((quiet) => publishWithin(quiet, "unheard of", apple, { me: owner }));
    await received.until(1);
  });

  it("carries messages of a megabyte without taking more than a few at once", async () => {
    const { url } = await freshDatabase();
    const broker = await open({ url });
    await broker.register([orders]);
    const big = messages(12, { key: () => apple }).map((message) => ({
      ...message,
      body: JSON.stringify("x".repeat(1_000_000)),
    }));
    for (let i = 0; i < 12; i += 4) await broker.publish(batch(big.slice(i, i + 4)));
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await received.until(12);
    expect(received.ids()).toEqual(big.map((message) => message.id));
    expect(Math.max(...received.batches)).toBeLessThan(8);
    expect(received.all.every((message) => message.body.length === 1_000_002)).toBe(true);
  });

  it("trims only from the front, however the clock was set, and in steps", async () => {
    const { url, sql } = await freshDatabase();
    const broker = await open({ url });
    const link = new Link({ url, max: 1 });
    opened.push(() => link.close());
    await broker.register([orders]);
    for (let i = 0; i < 5; i++)
      await broker.publish(batch(messages(500, { key: () => apple, prefix: `${i}-` })));
    await sql`update broker.messages set at = at - interval '8 days' where "offset" <= 2100 or "offset" = 2300`;
    expect(await trimOld(link, 7 * 24 * 3_600_000)).toBe(2_100);
    const [row] = await sql`select min("offset")::int as first, count(*)::int as count from broker.messages`;
    expect(row).toEqual({ first: 2_101, count: 400 });
    expect(await trimOld(link, 7 * 24 * 3_600_000)).toBe(0);
  });

  it("tells a late group that everything is gone, even when nothing new came", async () => {
    const { url, sql } = await freshDatabase();
    const problems: unknown[] = [];
    const broker = await open({ url, onProblem: (problem) => problems.push(problem) });
    await broker.register([orders]);
    await broker.publish(batch(messages(7, { key: () => apple })));
    await sql`delete from broker.messages`;
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await eventually(() => expect(problems).toMatchObject([{ code: "TRIMMED", missed: 7 }]));
    await broker.publish(batch(messages(1, { key: () => apple, prefix: "new" })));
    await received.until(1);
    expect(received.ids()).toEqual(["new0"]);
    expect(problems).toHaveLength(1);
  });
});

describe("the position of a lane", () => {
  it("is moved and given away by its owner under the newest fence only", async () => {
    const { url, sql } = await freshDatabase();
    const broker = await open({ url });
    const first = await broker.subscribe(orders, async () => {});
    const cursor = async () =>
      (await sql`select grp, owner::int, fence::int, next::int from broker.cursors where lane = 0`)[0]!;
    const old = await cursor();
    await first.stop();
    await broker.subscribe(orders, async () => {});
    const now = await cursor();
    expect(now).toEqual({ ...old, fence: old["fence"] + 1 });

    const advance = (owner: number, fence: number) =>
      sql`select * from broker.advance(${owner}, ${[now["grp"]]}::int[], ${[0]}::smallint[], ${[fence]}::bigint[], ${[9]}::bigint[])`;
    const release = (owner: number, fence: number) =>
      sql`select broker.release(${owner}, ${[now["grp"]]}::int[], ${[0]}::smallint[], ${[fence]}::bigint[], ${[9]}::bigint[])`;
    for (const [owner, fence] of [
      [now["owner"], old["fence"]],
      [now["owner"] + 1, now["fence"]],
    ]) {
      expect(await advance(owner, fence)).toEqual([]);
      await release(owner, fence);
      expect(await cursor()).toEqual(now);
    }
    expect(await advance(now["owner"], now["fence"])).toEqual([{ grp: now["grp"], lane: 0 }]);
    expect(await cursor()).toEqual({ ...now, next: 9 });
  });
});

describe("the schema", () => {
  it("is created once by many processes at once, and costs one statement afterwards", async () => {
    const { url, sql } = await freshDatabase();
    await Promise.all(Array.from({ length: 6 }, () => open({ url, connections: 1 })));
    const [row] = await sql`select count(*)::int as tables from pg_tables where schemaname = 'broker'`;
    expect(row!["tables"]).toBe(8);
    let statements = 0;
    const link = new Link({ url, max: 1 });
    opened.push(() => link.close());
    const run = link.run.bind(link);
    link.run = (statement) => (statements++, run(statement));
    await ensureSchema(link);
    expect(statements).toBe(1);
  });
});
