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
      const name = `${prefix}_${Math.floor(Date.now() / 1000).toString(36)}_${randomBytes(5).toString("hex")}`;
      const url = (await server.provision([name])).get(name)!;
      const drop = (): Promise<void> => administer(server.adminUrl, (sql) => dropDatabase(sql, name));
      return { name, url, drop, [Symbol.asyncDispose]: drop };
    },
  };
}

async function dropOld(adminUrl: string): Promise<void> {
  await administer(adminUrl, async (sql) => {
    const rows = await sql<
      { datname: string }[]
    >`select datname from pg_database where datname ~ '_[0-9a-z]{6,7}_[0-9a-f]{10}$'`;
    for (const { datname } of rows) {
      const made = Number.parseInt(datname.split("_").at(-2)!, 36) * 1000;
      if (Date.now() - made > 3_600_000) await dropDatabase(sql, datname);
    }
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
