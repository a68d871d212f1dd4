import { createHash, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { openServer, type DatabaseServer } from "./server.ts";

export interface FreshDatabase {
  readonly name: string;
  /** Of the role that owns it, and may connect to it only. */
  readonly url: string;
  drop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TestServer extends DatabaseServer {
  /** An empty database of one's own, in about 30 ms. What is not dropped is removed an hour later. */
  freshDatabase(prefix?: string): Promise<FreshDatabase>;
  /** Drops the databases whose names begin so, and their roles. */
  dropAll(prefix: string): Promise<void>;
}

let shared: Promise<TestServer> | undefined;

/**
 * One embedded PostgreSQL for all test files of this checkout, in a folder under the system's temporary
 * one. It need not be closed: it ends 10 s after the last test process that used it.
 *
 * ```ts
 * const server = await testServer();
 * await using database = await server.freshDatabase();   // database.url
 * ```
 */
export function testServer(): Promise<TestServer> {
  return (shared ??= open());
}

async function open(): Promise<TestServer> {
  const checkout = createHash("sha256")
    .update(import.meta.url)
    .digest("hex")
    .slice(0, 8);
  const dataDir = join(tmpdir(), `kerf-test-${process.getuid?.() ?? 0}-${checkout}`);
  const server = await openServer({ dataDir });
  await dropOld(server.adminUrl);
  return {
    ...server,
    async close(options) {
      shared = undefined;
      await server.close(options);
    },
    async freshDatabase(prefix = "t") {
      const name = freshName(prefix);
      const url = (await server.provision([name])).get(name)!;
      const drop = (): Promise<void> => administer(server.adminUrl, (sql) => dropDatabase(sql, name));
      return { name, url, drop, [Symbol.asyncDispose]: drop };
    },
    dropAll: (prefix) =>
      administer(server.adminUrl, async (sql) => {
        const rows = await sql<{ datname: string }[]>`
          select datname from pg_database where starts_with(datname, ${prefix})`;
        for (const { datname } of rows) await dropDatabase(sql, datname);
      }),
  };
}

/** A name that says when it was made; databases whose name begins or ends with one are removed an hour later. */
export function freshName(prefix: string): string {
  return `${prefix}_${Math.floor(Date.now() / 1000).toString(36)}_${randomBytes(5).toString("hex")}`;
}

const stamped = /^[a-z]+_([0-9a-z]{6,7})_[0-9a-f]{10}(_|$)/;
/** A server that has many is slow to recover from a crash; a test that finds many must not wait for all. */
const mostDropped = 10;

/** "drop" in ASCII: who holds this lock is the one who cleans up. */
const DROP_LOCK = 0x64726f70;

async function dropOld(adminUrl: string): Promise<void> {
  await administer(adminUrl, async (sql) => {
    const [mine] = await sql<
      { locked: boolean }[]
    >`select pg_try_advisory_lock(${DROP_LOCK}::bigint) as locked`;
    // Two that drop one role fail; the lock ends with the connection.
    if (!mine!.locked) return;
    const rows = await sql<{ datname: string }[]>`select datname from pg_database`;
    const old = rows.filter(({ datname }) => {
      const made = stamped.exec(datname)?.[1];
      return made !== undefined && Date.now() - Number.parseInt(made, 36) * 1000 > 3_600_000;
    });
    for (const { datname } of old.slice(0, mostDropped)) await dropDatabase(sql, datname);
  });
}

async function dropDatabase(sql: postgres.Sql, name: string): Promise<void> {
  await sql.unsafe(`drop database if exists "${name}" with (force)`);
  await sql.unsafe(`drop role if exists "${name}"`);
}

async function administer(url: string, fn: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, prepare: false, onnotice: () => {} });
  try {
    await fn(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
