import { setTimeout as sleep } from "node:timers/promises";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";
import { connections, type Connections, type ConnectionsOptions } from "./connections.ts";
import { DatabaseError } from "./errors.ts";
import { openServer, type DatabaseServer } from "./server.ts";
import { testServer, type FreshDatabase, type TestServer } from "./testing.ts";
import type { Database } from "./transaction.ts";

let server: TestServer;
let databases: FreshDatabase[];
let pool: Connections;

beforeAll(async () => {
  server = await testServer();
  databases = await Promise.all([1, 2, 3].map(() => server.freshDatabase()));
});

afterEach(() => pool.close());

afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
  await server.close();
});

function start(options: ConnectionsOptions): Database[] {
  pool = connections(options);
  return databases.map(({ url }, i) => pool.database(url, { name: `db${i}` }));
}

const within = (ms = 5_000) => ({ deadlineAt: Date.now() + ms });
const stats = () => Object.values(pool.stats())[0]!;

async function sleepIn(
  database: Database,
  seconds: number,
  more: { readOnly?: boolean; ms?: number } = {},
): Promise<void> {
  const transaction = database.open({ ...within(more.ms), ...(more.readOnly ? { readOnly: true } : {}) });
  try {
    await transaction.sql`select pg_sleep(${seconds})`;
    await transaction.commit();
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

async function backends(names: string[]): Promise<number> {
  const admin = connections({ budget: 1 });
  const transaction = admin.database(server.adminUrl, { name: "count" }).open(within());
  const [row] =
    await transaction.sql`select count(*) as n from pg_stat_activity where datname = any(${names}::text[])`;
  await transaction.commit();
  await admin.close();
  return (row as { n: number }).n;
}

describe("the budget", () => {
  test("is never passed, over all databases of a server, by the server's own count", async () => {
    const all = start({ budget: 4 });
    const work = Array.from({ length: 60 }, (_, i) => sleepIn(all[i % 3]!, 0.02, { readOnly: i % 2 === 0 }));
    let most = 0;
    let done = false;
    const finished = Promise.all(work).then(() => (done = true));
    while (!done) most = Math.max(most, await backends(databases.map(({ name }) => name)));
    await finished;
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    expect(stats()).toMatchObject({ reading: 0, writing: 0, waiting: 0 });
  });

  test("takes the connection that was idle for longest from another database", async () => {
    const [a, b, c] = start({ budget: 2 }) as [Database, Database, Database];
    await sleepIn(a, 0);
    await sleepIn(b, 0);
    await sleepIn(c, 0);
    expect(await backends([databases[0]!.name])).toBe(0);
    expect(await backends([databases[1]!.name])).toBe(1);
    expect(stats()).toMatchObject({ used: 2, idle: 2 });
  });

  test("databases that are busy together keep their connections", async () => {
    const busy = start({ budget: 4 });
    const seen = new Set<unknown>();
    const until = Date.now() + 1_500;
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        for (let n = i; Date.now() < until; n++) {
          const transaction = busy[n % busy.length]!.open(within());
          const [row] = await transaction.sql`select pg_backend_pid() as pid, pg_sleep(0.002)`;
          await transaction.commit();
          seen.add((row as { pid: number }).pid);
        }
      }),
    );
    expect(seen.size).toBeLessThan(30);
  });

  test("one that has a connection in use gets another one in the end", async () => {
    const [a, b, c] = start({ budget: 3 }) as [Database, Database, Database];
    await sleepIn(b, 0);
    await sleepIn(c, 0);
    const long = sleepIn(a, 3);
    await expect.poll(() => stats(), { interval: 5 }).toMatchObject({ used: 3, writing: 1, idle: 2 });
    const began = Date.now();
    await sleepIn(a, 0);
    expect(Date.now() - began).toBeLessThan(2_000);
    await long;
  });

  test("neither reads nor writes can take all of it", async () => {
    const [a] = start({ budget: 4 }) as [Database];
    // Long enough that the third connection is open before the first of them ends, on a slow machine too.
    const writes = Array.from({ length: 5 }, () => sleepIn(a, 2));
    await expect
      .poll(() => stats(), { interval: 5, timeout: 10_000 })
      .toMatchObject({ writing: 3, waiting: 2 });
    const began = Date.now();
    await sleepIn(a, 0, { readOnly: true });
    // A read that had to wait for a write would take longer.
    expect(Date.now() - began).toBeLessThan(1_000);
    expect(stats()).toMatchObject({ writing: 3 });
    await Promise.all(writes);
  });

  test("serves in order of arrival", async () => {
    const [a] = start({ budget: 1 }) as [Database];
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4, 5].map((i) => sleepIn(a, 0.01).then(() => order.push(i))));
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  test("a database that waits is served although another is busy without end", async () => {
    const [a, b] = start({ budget: 1 }) as [Database, Database];
    let stop = false;
    const busy = [1, 2].map(async () => {
      while (!stop) await sleepIn(a, 0.002);
    });
    await sleep(20);
    const began = Date.now();
    await sleepIn(b, 0);
    expect(Date.now() - began).toBeLessThan(500);
    stop = true;
    await Promise.all(busy);
  });

  test("waiting ends with the deadline or the signal, and says what the budget is", async () => {
    const [a] = start({ budget: 1 }) as [Database];
    const long = sleepIn(a, 0.8);
    await expect.poll(() => stats().writing, { interval: 2 }).toBe(1);
    const began = Date.now();
    await expect(sleepIn(a, 0, { ms: 100 })).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("budget 1"),
    });
    expect(Date.now() - began).toBeLessThan(200);
    const abort = new AbortController();
    const waiting = a.open({ ...within(), signal: abort.signal });
    const statement = waiting.sql`select 1`;
    abort.abort();
    await expect(statement).rejects.toMatchObject({ kind: "aborted" });
    await long;
    expect(stats().waiting).toBe(0);
  });

  test("idle connections are closed", async () => {
    const [a] = start({ idleMs: 100 }) as [Database];
    await sleepIn(a, 0);
    expect(stats().used).toBe(1);
    await expect.poll(() => stats().used, { timeout: 2_000 }).toBe(0);
  });

  test("closing refuses those who wait and those who come", async () => {
    const [a] = start({ budget: 1 }) as [Database];
    const long = sleepIn(a, 0.5);
    await expect.poll(() => stats().writing, { interval: 2 }).toBe(1);
    const waiting = sleepIn(a, 0);
    await expect.poll(() => stats().waiting, { interval: 2 }).toBe(1);
    const closing = pool.close();
    await expect(waiting).rejects.toMatchObject({ kind: "unavailable" });
    await closing;
    await long;
    await expect(sleepIn(a, 0)).rejects.toMatchObject({ kind: "unavailable" });
  });
});

describe("a server that is away", () => {
  test("is unavailable with host, port and advice, at once while it stays away", async () => {
    pool = connections();
    const nowhere = pool.database("postgres://u:secret@127.0.0.1:1/x", { name: "x" });
    const began = Date.now();
    for (let i = 0; i < 3; i++) {
      const error = await sleepIn(nowhere, 0, { ms: 500 }).catch((e: DatabaseError) => e);
      expect(error).toMatchObject({ kind: "unavailable" });
      expect((error as DatabaseError).message).toMatch(
        /127\.0\.0\.1:1 is unavailable.*ECONNREFUSED.*Check that it runs/,
      );
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain("secret");
    }
    expect(Date.now() - began).toBeLessThan(300);
  });

  test("backs off by 1.6 from 1 s, varied by a fifth, to 10 s", () => {
    expect(backoffMs(1, undefined, () => 0.5)).toBe(1_000);
    expect(backoffMs(2, undefined, () => 0.5)).toBe(1_600);
    expect(backoffMs(1, undefined, () => 0)).toBe(800);
    expect(backoffMs(50, undefined, () => 1)).toBeCloseTo(12_000);
  });
});

describe("a restart of PostgreSQL", () => {
  let own: DatabaseServer;
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "kerf-restart-"));
    own = await openServer({ dataDir });
  });

  afterAll(async () => {
    await own.close({ now: true });
    await rm(dataDir, { recursive: true });
  });

  test.each(["SIGINT", "SIGKILL"] as const)(
    "under load by %s: all errors are of the catalogue, nothing is lost or doubled",
    async (signal) => {
      const url = (await own.provision(["load"])).get("load")!;
      pool = connections({ budget: 6 });
      const database = pool.database(url, { name: "load" });
      const setup = database.open(within());
      await setup.sql`drop table if exists entry`;
      await setup.sql`create table entry (id int primary key)`;
      await setup.commit();

      const outcome = new Map<number, "ok" | "unknown">();
      const kinds = new Set<string>();
      const reconnected: number[] = [];
      const stopListening = await pool.listen(
        url,
        "news",
        () => {},
        () => reconnected.push(Date.now()),
      );
      let next = 0;
      let stop = false;
      const worker = async (): Promise<void> => {
        while (!stop) {
          const id = next++;
          const transaction = database.open(within(3_000));
          try {
            await transaction.sql`insert into entry values (${id})`;
            await transaction.commit();
            outcome.set(id, "ok");
          } catch (error) {
            await transaction.rollback();
            if (!(error instanceof DatabaseError)) throw error;
            kinds.add(error.kind);
            if (error.kind === "commit-unknown") outcome.set(id, "unknown");
            await sleep(20);
          }
        }
      };
      const workers = Array.from({ length: 8 }, worker);
      await sleep(150);
      const pid = Number(
        (await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[0],
      );
      const before = outcome.size;
      execFileSync("kill", [`-${signal}`, String(pid)]);
      await expect.poll(() => outcome.size, { timeout: 20_000 }).toBeGreaterThan(before + 300);
      stop = true;
      await Promise.all(workers);

      expect(
        [...kinds].filter(
          (kind) => !["connection-lost", "commit-unknown", "unavailable", "timeout"].includes(kind),
        ),
      ).toEqual([]);
      const check = database.open(within());
      const stored = new Set((await check.sql<{ id: number }>`select id from entry`).map((row) => row.id));
      await check.commit();
      const acknowledged = [...outcome].filter(([, state]) => state === "ok").map(([id]) => id);
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
      expect([...stored].filter((id) => !outcome.has(id))).toEqual([]);
      await expect.poll(() => reconnected.length, { timeout: 15_000 }).toBeGreaterThan(0);
      await stopListening();
    },
  );
});

describe("listen", () => {
  test("delivers until it is stopped, over one connection for all channels", async () => {
    const [a] = start({}) as [Database];
    const heard: string[] = [];
    const { url, name } = databases[0]!;
    const stopA = await pool.listen(
      url,
      "a",
      (payload) => heard.push(`a:${payload}`),
      () => {},
    );
    await pool.listen(
      url,
      'B "quoted"',
      (payload) => heard.push(`b:${payload}`),
      () => {},
    );
    expect(await backends([name])).toBe(1);
    const notify = async (channel: string, payload: string): Promise<void> => {
      const transaction = a.open(within());
      await transaction.sql`select pg_notify(${channel}, ${payload})`;
      await transaction.commit();
    };
    await notify("a", "1");
    await notify('B "quoted"', "2");
    await expect.poll(() => heard).toEqual(["a:1", "b:2"]);
    await stopA();
    await notify("a", "3");
    await notify('B "quoted"', "4");
    await expect.poll(() => heard).toEqual(["a:1", "b:2", "b:4"]);
  });
});
