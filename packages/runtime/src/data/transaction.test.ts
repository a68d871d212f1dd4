import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connections, type Connections } from "./connections.ts";
import type { DatabaseError } from "./errors.ts";
import { tcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { testServer, type FreshDatabase, type TestServer } from "./testing.ts";
import type { Database, Run, TransactionOptions } from "./transaction.ts";

let server: TestServer;
let fresh: FreshDatabase;
let pool: Connections;
let database: Database;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", onUnhandled);
  server = await testServer();
  fresh = await server.freshDatabase();
  const setup = connections();
  await inTransaction(setup.database(fresh.url, { name: "setup" }), async (run) => {
    await run("create table item (id int primary key, note text)");
    await run("create table child (item int references item deferrable initially deferred)");
  });
  await setup.close();
});

beforeEach(() => {
  pool = connections({ budget: 4 });
  database = pool.database(fresh.url, { name: "test" });
});

afterEach(async () => {
  await inTransaction(database, async (run) => void (await run("truncate item cascade")));
  await pool.close();
});

afterAll(async () => {
  await fresh.drop();
  await server.close();
  await sleep(10);
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

const within = (ms = 5_000, more: Partial<TransactionOptions> = {}): TransactionOptions => ({
  deadlineAt: Date.now() + ms,
  ...more,
});

async function inTransaction(on: Database, fn: (run: Run) => Promise<void>): Promise<void> {
  const transaction = on.open(within());
  await fn(transaction.run);
  await transaction.commit();
}

async function failure(work: Promise<unknown>): Promise<DatabaseError> {
  return await work.then(
    () => expect.unreachable("it should have failed"),
    (error: DatabaseError) => error,
  );
}

async function ids(): Promise<number[]> {
  const transaction = database.open(within(5_000, { readOnly: true }));
  const rows = await transaction.sql<{ id: number }>`select id from item order by id`;
  await transaction.commit();
  return rows.map((row) => row.id);
}

describe("beginning", () => {
  test("takes no connection before the first statement", async () => {
    const transaction = database.open(within());
    expect(transaction.begun).toBe(false);
    await transaction.commit();
    expect(Object.values(pool.stats())[0]?.used).toBe(0);
  });

  test("sends BEGIN, our statements and the user's first one in one packet", async () => {
    const proxy = await tcpProxy({ host: "127.0.0.1", port: Number(new URL(server.adminUrl).port) });
    const counted = connections();
    const behind = counted.database(proxy.through(fresh.url), { name: "counted" });
    await inTransaction(behind, async (run) => void (await run("select 1")));
    const before = proxy.roundTrips();
    const transaction = behind.open(
      within(5_000, { onBegin: (run) => void run("insert into item values (1)") }),
    );
    await transaction.sql`insert into item values (${2}, ${"two"})`;
    await transaction.sql`select * from item where id = any(${[1, 2]}::int[])`;
    await transaction.commit();
    // begin + ours + insert, select, commit; also for statements that the connection sees for the first time
    expect(proxy.roundTrips() - before).toBe(3);
    expect(await ids()).toEqual([1, 2]);
    await counted.close();
    await proxy.close();
  });

  test("onBegin runs before the user's statements, also when a connection must be awaited", async () => {
    const seen: string[] = [];
    const transaction = database.open(
      within(5_000, {
        onBegin: (run) => {
          seen.push("ours");
          void run("insert into item values (1, 'ours')");
        },
      }),
    );
    const rows = await transaction.sql`select note from item`;
    expect(seen).toEqual(["ours"]);
    expect(rows).toEqual([{ note: "ours" }]);
    await transaction.commit();
  });

  test("a read-only one cannot write, and a serializable one is", async () => {
    const readOnly = database.open(within(5_000, { readOnly: true }));
    expect(await failure(readOnly.sql`insert into item values (1)`)).toMatchObject({
      kind: "statement",
      sqlstate: "25006",
    });
    await readOnly.rollback();
    const strict = database.open(within(5_000, { isolation: "serializable" }));
    expect(await strict.sql`show transaction_isolation`).toEqual([{ transaction_isolation: "serializable" }]);
    await strict.commit();
  });

  test("leaves no setting behind on its connection", async () => {
    await inTransaction(database, async (run) => void (await run("select 1")));
    const next = database.open({ deadlineAt: Date.now() + 60_000 });
    const [row] =
      await next.sql`select current_setting('transaction_timeout') as t, current_setting('statement_timeout') as s`;
    expect(row).toEqual({ t: expect.stringMatching(/^(60|59)/), s: expect.stringMatching(/^(1min|59)/) });
    await next.commit();
  });
});

describe("values", () => {
  test("come and go as JSON values", async () => {
    const transaction = database.open(within());
    const { sql } = transaction;
    const [row] =
      await sql`select ${12}::int8 as big, ${1.5}::float8 as float, ${"1.10"}::numeric as exact, ${true}::bool as yes,
      ${null}::text as none, ${sql.json({ a: [1, null] })}::jsonb as json, ${sql.json("text")}::json as quoted,
      ${["a,b", 'c"\\d', null, "NULL"]}::text[] as list, ${[
        [1, 2],
        [3, 4],
      ]}::int[] as nested, ${[]}::int[] as empty,
      ${new Date(0)}::timestamptz as epoch, '2020-02-03 04:05:06.789123+05:30'::timestamptz as micros,
      '2020-02-03'::date as day, ${Buffer.from("hi")}::bytea as bytes, array['{"a":1}'::jsonb] as documents`;
    expect(row).toEqual({
      big: 12,
      float: 1.5,
      exact: "1.10",
      yes: true,
      none: null,
      json: { a: [1, null] },
      quoted: "text",
      list: ["a,b", 'c"\\d', null, "NULL"],
      nested: [
        [1, 2],
        [3, 4],
      ],
      empty: [],
      epoch: "1970-01-01T00:00:00.000Z",
      micros: "2020-02-02T22:35:06.789123Z",
      day: "2020-02-03",
      bytes: Buffer.from("hi"),
      documents: [{ a: 1 }],
    });
    await transaction.commit();
  });

  test("fragments bring their own parameters", async () => {
    const transaction = database.open(within());
    const { sql } = transaction;
    const where = sql.fragment`x > ${1} ${sql.fragment`and x < ${4}`}`;
    expect(await sql`select x from generate_series(${0}::int, 9) x where ${where} and x <> ${3}`).toEqual([
      { x: 2 },
    ]);
    await transaction.commit();
  });

  test.each([
    [{ a: 1 }, /Parameter \$1 is an object\. Use sql\.json/],
    [undefined, /Parameter \$1 is undefined\. Use null/],
    [[1, undefined], /Parameter \$1\[1\] is undefined/],
    [() => 1, /a function, which PostgreSQL has no form for/],
    [new Date(Number.NaN), /invalid Date/],
  ])("refuses %s, and commits nothing of a transaction in which that happened", async (value, message) => {
    const transaction = database.open(within());
    void transaction.sql`insert into item values (9)`;
    void transaction.sql`select ${value}`;
    const error = await failure(transaction.commit());
    expect(error).toMatchObject({ kind: "statement", message: expect.stringMatching(message) });
    expect(await ids()).toEqual([]);
  });

  test("an integer that no number holds exactly is an error", async () => {
    const transaction = database.open(within());
    expect((await failure(transaction.sql`select 9007199254740993::int8`)).message).toMatch(
      /Cast the column to text/,
    );
    await transaction.rollback();
  });

  test.each([
    "commit",
    "  -- x\n rollback",
    "savepoint a",
    "set search_path = x",
    "copy item to stdout",
    "listen x",
  ])("refuses %j, which would end the transaction or stay on the connection", async (text) => {
    const transaction = database.open(within());
    const strings = Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray;
    expect((await failure(transaction.sql(strings))).message).toMatch(
      /cannot be used in a statement of a service/,
    );
    await expect(transaction.commit()).rejects.toThrow(/cannot be used/);
  });
});

describe("failures", () => {
  test("commit reports the first failure among statements that were not waited for", async () => {
    const transaction = database.open(within());
    await transaction.sql`insert into item values (1)`;
    void transaction.run("insert into item values (2)");
    void transaction.run("insert into item values (1)");
    void transaction.run("insert into item values (3)");
    expect(await failure(transaction.commit())).toMatchObject({
      kind: "unique",
      constraint: "item_pkey",
      sqlstate: "23505",
    });
    expect(await ids()).toEqual([]);
  });

  test("a failure that was caught still fails the commit", async () => {
    const transaction = database.open(within());
    await transaction.sql`insert into item values (1)`;
    await failure(transaction.sql`selec`);
    expect(await failure(transaction.commit())).toMatchObject({
      kind: "statement",
      sqlstate: "42601",
      position: 1,
    });
    expect(await ids()).toEqual([]);
  });

  test("a constraint that is checked at commit", async () => {
    const transaction = database.open(within());
    await transaction.sql`insert into child values (77)`;
    expect(await failure(transaction.commit())).toMatchObject({ kind: "statement", sqlstate: "23503" });
    expect(Object.values(pool.stats())[0]).toMatchObject({ used: 1, idle: 1, writing: 0 });
  });

  test("a deadlock and a conflict of serializable ones are `serialization`", async () => {
    await inTransaction(database, async (run) => void (await run("insert into item values (1), (2)")));
    const [a, b] = [database.open(within()), database.open(within())];
    await Promise.all([
      a.sql`update item set note = 'a' where id = 1`,
      b.sql`update item set note = 'b' where id = 2`,
    ]);
    const results = await Promise.allSettled([
      a.sql`update item set note = 'a' where id = 2`,
      b.sql`update item set note = 'b' where id = 1`,
    ]);
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(reasons).toMatchObject([{ kind: "serialization", sqlstate: "40P01" }]);
    await Promise.all([a.rollback(), b.rollback()]);
  });

  test("a schema that changed under a prepared statement asks for another try, which succeeds", async () => {
    const read = async (): Promise<unknown> => {
      const transaction = database.open(within());
      try {
        const rows = await transaction.sql`select * from shape`;
        await transaction.commit();
        return rows;
      } catch (error) {
        await transaction.rollback();
        throw error;
      }
    };
    await inTransaction(database, async (run) => void (await run("create table shape as select 1 as a")));
    await read();
    await inTransaction(database, async (run) => void (await run("alter table shape alter a type text")));
    expect(await failure(read())).toMatchObject({ kind: "serialization" });
    expect(await read()).toEqual([{ a: "1" }]);
  });

  test("an outdated plan is not run again behind the commit", async () => {
    await inTransaction(database, async (run) => void (await run("create table log as select 1 as a")));
    const insert = "insert into log select 2 returning *";
    await inTransaction(database, async (run) => void (await run(insert)));
    await inTransaction(database, async (run) => void (await run("alter table log alter a type text")));
    const transaction = database.open(within());
    void transaction.run(insert);
    expect(await failure(transaction.commit())).toMatchObject({ kind: "serialization" });
    const check = database.open(within());
    expect(await check.sql`select count(*) from log`).toEqual([{ count: 2 }]);
    await check.rollback();
  });

  test("use after the end is refused", async () => {
    const transaction = database.open(within());
    await transaction.sql`select 1`;
    await transaction.commit();
    expect((await failure(transaction.sql`select 1`)).message).toMatch(/has ended/);
  });
});

describe("deadline and signal", () => {
  test("a statement that takes too long is ended, and the connection stays", async () => {
    const transaction = database.open(within(150));
    const began = Date.now();
    expect(await failure(transaction.sql`select pg_sleep(5)`)).toMatchObject({ kind: "timeout" });
    await transaction.rollback();
    expect(Date.now() - began).toBeLessThan(1_000);
    expect(Object.values(pool.stats())[0]).toMatchObject({ used: 1, idle: 1 });
  });

  test("the deadline bounds the whole, not each statement", async () => {
    const began = Date.now();
    const transaction = database.open(within(1_500));
    await transaction.sql`insert into item values (1)`;
    await transaction.sql`select pg_sleep(0.8)`;
    expect(await failure(transaction.sql`select pg_sleep(1.4)`)).toMatchObject({ kind: "timeout" });
    // With a timeout for each statement the second would have succeeded, after 2.2 s.
    expect(Date.now() - began).toBeLessThan(2_100);
    await transaction.rollback();
    expect(await ids()).toEqual([]);
  });

  test("a transaction that idles past its deadline is ended, and says so", async () => {
    const transaction = database.open(within(400));
    await transaction.sql`insert into item values (1)`;
    await sleep(600);
    expect(await failure(transaction.commit())).toMatchObject({ kind: "timeout" });
    expect(await ids()).toEqual([]);
  });

  test("an aborted signal cancels the statement on the server and rolls back", async () => {
    const abort = new AbortController();
    const transaction = database.open(within(5_000, { signal: abort.signal }));
    await transaction.sql`insert into item values (1)`;
    const statement = failure(transaction.sql`select pg_sleep(30) as cancel_me`);
    await sleep(50);
    abort.abort(new Error("client went away"));
    expect(await statement).toMatchObject({ kind: "aborted", cause: { message: "client went away" } });
    await expect(transaction.commit()).rejects.toMatchObject({ kind: "aborted" });
    // In a transaction each, since PostgreSQL shows one transaction the same activity all along.
    const running = async (): Promise<unknown[]> => {
      const check = database.open(within());
      const rows =
        await check.sql`select pid from pg_stat_activity where query like 'select pg_sleep(30) as cancel%'`;
      await check.commit();
      return rows;
    };
    await expect.poll(running).toEqual([]);
    expect(await ids()).toEqual([]);
  });

  test("rollback cancels what still runs", async () => {
    const transaction = database.open(within());
    const statement = failure(transaction.sql`select pg_sleep(30)`);
    await sleep(20);
    const began = Date.now();
    await transaction.rollback();
    expect(await statement).toBeInstanceOf(Error);
    expect(Date.now() - began).toBeLessThan(1_000);
  });

  test("a cancel that comes while BEGIN is on its way lets nothing slip through", async () => {
    for (let i = 0; i < 150; i++) {
      const transaction = database.open(within());
      void transaction.sql`insert into item values (${i})`;
      await transaction.rollback();
    }
    expect(await ids()).toEqual([]);
  });

  test("a connection writes nothing outside of a transaction", async () => {
    const transaction = database.open(within());
    expect(await transaction.sql`show default_transaction_read_only`).toEqual([
      { default_transaction_read_only: "on" },
    ]);
    expect(await transaction.sql`show transaction_read_only`).toEqual([{ transaction_read_only: "off" }]);
    await transaction.commit();
  });

  test("what has no time left is not begun", async () => {
    const transaction = database.open(within(-1));
    expect(await failure(transaction.sql`select 1`)).toMatchObject({ kind: "timeout" });
    const gone = database.open(within(5_000, { signal: AbortSignal.abort() }));
    expect(await failure(gone.sql`select 1`)).toMatchObject({ kind: "aborted" });
  });
});

describe("a connection that breaks", () => {
  let proxy: TcpProxy;
  let behind: Database;

  beforeEach(async () => {
    proxy = await tcpProxy({ host: "127.0.0.1", port: Number(new URL(server.adminUrl).port) });
    behind = pool.database(proxy.through(fresh.url), { name: "proxied" });
  });

  afterEach(() => proxy.close());

  const isCommit = (chunk: Buffer): boolean => chunk.includes("commit\0");

  test.each([
    ["reached the server", true, [1]],
    ["did not", false, []],
  ])("during COMMIT is commit-unknown, when it %s", async (_, deliver, expected) => {
    const transaction = behind.open(within());
    await transaction.sql`insert into item values (1)`;
    proxy.cutOn(isCommit, deliver);
    expect(await failure(transaction.commit())).toMatchObject({ kind: "commit-unknown" });
    await expect.poll(ids).toEqual(expected);
  });

  test("with statements and COMMIT in one packet is commit-unknown too", async () => {
    const transaction = behind.open(within());
    await transaction.sql`select 1`;
    proxy.cutOn(isCommit, true);
    void transaction.sql`insert into item values (1)`;
    expect(await failure(transaction.commit())).toMatchObject({ kind: "commit-unknown" });
    await expect.poll(ids).toEqual([1]);
  });

  test("before COMMIT is connection-lost", async () => {
    const transaction = behind.open(within());
    await transaction.sql`insert into item values (1)`;
    proxy.cutOn((chunk) => chunk.includes("values (2)"), true);
    expect(await failure(transaction.sql`insert into item values (2)`)).toMatchObject({
      kind: "connection-lost",
    });
    expect(await failure(transaction.commit())).toMatchObject({ kind: "connection-lost" });
    expect(await ids()).toEqual([]);
  });

  test("a killed backend is connection-lost, with the server's reason", async () => {
    const transaction = database.open(within());
    const [{ pid }] = (await transaction.sql<{ pid: number }>`select pg_backend_pid() as pid`) as [
      { pid: number },
    ];
    const statement = failure(transaction.sql`select pg_sleep(10)`);
    await inTransaction(database, async (run) => void (await run("select pg_terminate_backend($1)", [pid])));
    expect(await statement).toMatchObject({ kind: "connection-lost", sqlstate: "57P01" });
    await transaction.rollback();
    expect(await ids()).toEqual([]);
  });

  test("a network that swallows everything ends with the deadline", async () => {
    const transaction = behind.open(within(300));
    await transaction.sql`insert into item values (1)`;
    proxy.blackhole(true);
    const began = Date.now();
    expect(await failure(transaction.sql`select 1`)).toMatchObject({ kind: "timeout" });
    expect(Date.now() - began).toBeLessThan(500);
    const committing = behind.open(within(300));
    proxy.blackhole(false);
    await committing.sql`insert into item values (2)`;
    proxy.blackhole(true);
    expect(await failure(committing.commit())).toMatchObject({ kind: "commit-unknown" });
    // Both connections are given up, not used again.
    await expect
      .poll(() => Object.values(pool.stats()).reduce((sum, part) => sum + part.writing, 0), {
        timeout: 5_000,
      })
      .toBe(0);
  });
});
