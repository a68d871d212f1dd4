/** An old and a new deployment of the same services side by side: real processes of two source trees on one database. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { freshName, testServer, type TestServer } from "@kerf/runtime/testing";
import postgres from "postgres";
import { afterEach, beforeEach, expect, test } from "vitest";

interface Unit {
  call(command: string, input: object): Promise<void>;
  kill(): Promise<void>;
  drain(): Promise<void>;
}

let server: TestServer;
let name: string;
let sql: postgres.Sql;
let stats: postgres.Sql;
const units: ChildProcess[] = [];

beforeEach(async () => {
  server = await testServer();
  name = freshName("v");
});
afterEach(async () => {
  await Promise.all(
    units.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }),
  );
  await sql?.end({ timeout: 1 });
  await stats?.end({ timeout: 1 });
  await server.dropAll(`${name}_`);
});

async function start(tree: "old" | "new", unit: "till" | "stats"): Promise<Unit> {
  const config = new URL(`versions/${tree}/kerf.config.ts`, import.meta.url).href;
  const child = fork(new URL("versions/unit-process.ts", import.meta.url), [config, unit, server.adminUrl], {
    env: {
      ...process.env,
      NODE_ENV: "test",
      TEST_APP: name.replaceAll("_", "-"),
      KERF_UNIT_SECRET: "only-for-tests-where-every-unit-is-ours",
    },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
  units.push(child);
  const [first] = (await Promise.race([once(child, "message"), once(child, "exit")])) as [{ ready?: true }];
  if (!first?.ready) throw new Error(`the ${tree} ${unit} did not start`);
  return {
    async call(command, input) {
      child.send({ member: command, input });
      const [{ done, error }] = (await once(child, "message")) as [{ done: boolean; error?: string }];
      if (!done) throw new Error(error);
    },
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
    async drain() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

async function open(): Promise<void> {
  const urls = await server.provision([`${name}_stats`, `${name}_broker`]);
  stats = postgres(urls.get(`${name}_stats`)!, { max: 2, fetch_types: false, onnotice: () => {} });
  sql = postgres(urls.get(`${name}_broker`)!, { max: 2, fetch_types: false, onnotice: () => {} });
}

const lines = async (sku: string): Promise<number[]> =>
  (await stats`select n from line where sku = ${sku} order by position`).map((row) => row["n"] as number);
const by = async (table: string): Promise<string[]> =>
  (await stats.unsafe(`select distinct by from ${table} order by by`)).map((row) => row["by"] as string);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const dead = async (): Promise<unknown[]> => [
  ...(await stats`select error from kerf.parked where state = 'dead'`),
];
const settled = { timeout: 20_000, interval: 50 };

test("during a deployment every event and order takes effect once and in order, whoever takes it", async () => {
  const old = { till: await start("old", "till"), stats: await start("old", "stats") };
  await open();
  const skus = upTo(6).map((i) => `sku ${i}`);
  let n = 0;
  const sell = async (till: Unit, more: object = {}): Promise<void> => {
    n += 1;
    for (const sku of skus) await till.call("sell", { sku, n, ...more });
  };
  await sell(old.till);
  await sell(old.till);
  // Subscribers first, then publishers; both versions of each run beside each other for a while.
  const fresh = { stats: await start("new", "stats"), till: undefined as Unit | undefined };
  await sell(old.till);
  await sell(old.till);
  fresh.till = await start("new", "till");
  for (const _ of upTo(4)) {
    await sell(fresh.till, { note: "void" });
    await sell(old.till);
  }
  const all = upTo(n);
  for (const sku of skus) await expect.poll(() => lines(sku), settled).toEqual(all);
  await expect.poll(async () => (await stats`select 1 from remark`).length, settled).toBe(n * skus.length);
  await expect.poll(async () => (await stats`select 1 from voided`).length, settled).toBe(4 * skus.length);
  expect(await by("line")).toEqual(["new", "old"]);
  expect(await by("remark")).toEqual(["new", "old"]);
  expect(await by("voided")).toEqual(["new"]);
  expect(await stats`select distinct note from line where by = 'new' order by 1`).toEqual([
    { note: "void" },
    { note: null },
  ]);
  // Order holds across the two names of the event, since its key has one value under both.
  await old.stats.drain();
  await old.till.drain();
  await sell(fresh.till);
  for (const sku of skus) await expect.poll(() => lines(sku), settled).toEqual(upTo(n));
  expect(await dead()).toEqual([]);
}, 90_000);

test("what old processes left in outbox, log, retries, mail and sagas is read by new ones after they were killed", async () => {
  const till = await start("old", "till");
  const oldStats = await start("old", "stats");
  await open();
  await oldStats.call("watch", { sku: "a" });
  await till.call("sell", { sku: "a", n: 1 });
  await expect.poll(() => lines("a"), settled).toEqual([1]);
  // The saga has taken the first event, and sleeps; the second waits in its mailbox, as version 1 has written it.
  await till.call("sell", { sku: "a", n: 2 });
  await expect.poll(async () => (await stats`select 1 from kerf.mail`).length, settled).toBe(2);
  expect(await stats`select distinct event, version from kerf.mail`).toEqual([
    { event: "till@1.sold", version: 1 },
  ]);
  await oldStats.kill();
  // In the log, where nobody takes it, and among the retries.
  await till.call("sell", { sku: "b", n: 1 });
  const logged = async () => await sql`select 1 from broker.messages where key = 'b'`;
  await expect.poll(async () => (await logged()).length, settled).toBe(2);
  await till.call("sell", { sku: "b", n: 2 });
  await till.kill();
  const [first] = await sql`
    select c.name as channel, m.key, m.id, m.body from broker.messages m join broker.channels c on c.id = m.channel
    where m.key = 'b' and c.name = 'till@1' order by m."offset" limit 1`;
  expect(JSON.parse(first!["body"] as string)).toMatchObject({ type: "till@1.sold", version: 1 });
  await stats`insert into kerf.parked ${stats({ ...first, attempts: 1, error: "it failed", next_at: new Date() } as never)}`;
  // What the outbox still has, the new one sends.
  await Promise.all([start("new", "stats"), start("new", "till")]);
  await expect.poll(() => lines("b"), settled).toEqual([1, 2]);
  await expect
    .poll(
      async () => (await stats`select text from remark where sku = 'b' order by text`).map((r) => r["text"]),
      settled,
    )
    .toEqual(["sold 1", "sold 2"]);
  await expect
    .poll(async () => [...(await stats`select n, by from watched`)], settled)
    .toEqual([{ n: 102, by: "new" }]);
  expect(await stats`select state from kerf.saga`).toEqual([{ state: "done" }]);
  expect(await stats`select 1 from kerf.parked`).toEqual([]);
}, 90_000);
