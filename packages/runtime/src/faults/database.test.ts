import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openServer, type DatabaseServer } from "../data/server.ts";
import { databaseFaults, type DatabaseFaults } from "./database.ts";

let dataDir: string;
let server: DatabaseServer;
let faults: DatabaseFaults;
let client: postgres.Sql;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "kerf-faults-"));
  server = await openServer({ dataDir });
  faults = databaseFaults({ dataDir, url: server.adminUrl, app: "press" });
  const urls = await server.provision(["press_news"]);
  client = postgres(urls.get("press_news")!, {
    max: 1,
    fetch_types: false,
    connect_timeout: 5,
    onnotice: () => {},
  });
});

afterAll(async () => {
  await client?.end({ timeout: 1 });
  await server?.close({ now: true });
  await rm(dataDir, { recursive: true, force: true });
});

const startedAt = async () => (await client`select pg_postmaster_start_time()::text as at`)[0]!["at"];
const backend = async () => (await client`select pg_backend_pid() as pid`)[0]!["pid"];

test.each(["restart", "crash"] as const)(
  "after a %s PostgreSQL is back, with what was committed",
  async (how) => {
    await client`create table if not exists kept (how text)`;
    await client`insert into kept values (${how})`;
    const before = await startedAt();
    await faults.restart(how);
    await expect.poll(() => startedAt().catch(() => before)).not.toBe(before);
    expect((await client`select from kept where how = ${how}`).length).toBe(1);
  },
);

test("connections of the application are ended, and no others", async () => {
  const before = await backend();
  expect(await faults.killBackends(10)).toBe(1);
  await expect.poll(() => backend().catch(() => before)).not.toBe(before);
  expect(await databaseFaults({ dataDir, url: server.adminUrl, app: "other" }).killBackends(10)).toBe(0);
});

test(
  "while every connection is taken nobody gets another; afterwards everybody does",
  { timeout: 70_000 },
  async () => {
    const over = new AbortController();
    const taken = faults.takeConnections(60_000, over.signal);
    const another = async () => {
      const sql = postgres(urlOf(), { max: 1, fetch_types: false });
      try {
        return String((await sql`select 'came in' as word`)[0]!["word"]);
      } catch (error) {
        return (error as { code?: string }).code;
      } finally {
        await sql.end({ timeout: 1 });
      }
    };
    // too_many_connections
    await expect.poll(another, { timeout: 50_000 }).toBe("53300");
    over.abort();
    expect(await taken).toBeGreaterThan(10);
    await expect.poll(another, { timeout: 10_000 }).toBe("came in");
  },
);

function urlOf(): string {
  const { user, pass, host, port, database } = client.options;
  return `postgres://${user}:${String(pass)}@${host[0]}:${port[0]}/${database}`;
}
