import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openServer } from "./server.ts";
import { testServer, type TestServer } from "./testing.ts";

let server: TestServer;
const id = `p${process.pid.toString(36)}${Date.now().toString(36)}`;

beforeAll(async () => {
  server = await testServer();
});

afterAll(async () => {
  await asAdmin(async (sql) => {
    for (const { datname } of await sql`select datname from pg_database where datname like ${`${id}%`}`) {
      await sql.unsafe(`drop database "${datname}" with (force)`);
      await sql.unsafe(`drop role if exists "${datname}"`);
    }
    await sql.unsafe(`drop role if exists "${id}-admin"`);
  });
  await server.close();
});

async function asAdmin<T>(fn: (sql: postgres.Sql) => Promise<T>, url = server.adminUrl): Promise<T> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {}, connect_timeout: 5 });
  try {
    return await fn(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const whoAmI = (url: string) =>
  asAdmin(
    async (sql) => [...(await sql`select current_user::text as role, current_database()::text as base`)],
    url,
  );

describe("provision", () => {
  test("gives each name a database and a role that may use no other", async () => {
    const [a, b] = [`${id}-a`, `${id}-b`];
    const urls = await server.provision([a, b]);
    expect(await whoAmI(urls.get(a)!)).toEqual([{ role: a, base: a }]);
    await asAdmin((sql) => sql.unsafe("create table mine (id int)"), urls.get(a)!);
    for (const other of [b, "postgres", "template1"]) {
      const url = urls.get(a)!.replace(/[^/]*$/, other);
      await expect(whoAmI(url)).rejects.toThrow(/permission denied for database/);
    }
  });

  test("is the same again, and from several processes at once", async () => {
    const names = [`${id}-c`, `${id}-d`];
    const others = await Promise.all([1, 2, 3].map(() => openServer({ url: server.adminUrl })));
    const results = await Promise.all([server, ...others].map((each) => each.provision(names)));
    for (const urls of results) expect([...urls]).toEqual([...results[0]!]);
    expect(await whoAmI(results[0]!.get(names[1]!)!)).toEqual([{ role: names[1], base: names[1] }]);
  });

  test("finishes what a killed process left half done", async () => {
    const name = `${id}-e`;
    await asAdmin(async (sql) => {
      await sql.unsafe(`create role "${name}"`);
      await sql.unsafe(`create database "${name}" owner "${name}"`);
    });
    const url = (await server.provision([name])).get(name)!;
    expect(await whoAmI(url)).toEqual([{ role: name, base: name }]);
    const open = await asAdmin(
      (sql) => sql`select has_database_privilege('public', ${name}, 'connect') as open`,
    );
    expect(open[0]).toEqual({ open: false });
  });

  test("works for an administrator who is no superuser, and follows a change of their password", async () => {
    const admin = `${id}-admin`;
    const name = `${id}-f`;
    await asAdmin((sql) => sql.unsafe(`create role "${admin}" login createdb createrole password 'first'`));
    await asAdmin((sql) => sql.unsafe(`grant connect on database postgres to "${admin}"`));
    const url = (password: string): string => server.adminUrl.replace(/\/\/.*@/, `//${admin}:${password}@`);
    const first = await (await openServer({ url: url("first") })).provision([name]);
    expect(await whoAmI(first.get(name)!)).toEqual([{ role: name, base: name }]);
    await asAdmin((sql) => sql.unsafe(`alter role "${admin}" password 'second'`));
    const second = await (await openServer({ url: url("second") })).provision([name]);
    expect(await whoAmI(second.get(name)!)).toEqual([{ role: name, base: name }]);
    await expect(whoAmI(first.get(name)!)).rejects.toThrow(/password authentication failed/);
    await asAdmin(async (sql) => {
      await sql.unsafe(`drop database "${name}" with (force)`);
      await sql.unsafe(`drop role "${name}"`);
      await sql.unsafe(`drop owned by "${admin}"`);
    });
  });

  test("refuses a database of somebody else and a name that is none", async () => {
    const name = `${id}-g`;
    await asAdmin((sql) => sql.unsafe(`create database "${name}"`));
    await expect(server.provision([name])).rejects.toThrow(
      /exists and belongs to another role.*alter database/,
    );
    await expect(server.provision(['x"; drop'])).rejects.toThrow(
      /cannot be a database's name: use lower-case/,
    );
  });
});

describe("openServer", () => {
  test("refuses a URL of another form without showing it", async () => {
    for (const url of ["mysql://u:secret@h/db", "secret", "postgres://h/db"]) {
      const error = await openServer({ url }).catch((e: Error) => e);
      expect((error as Error).message).toMatch(/not of the form postgres:\/\/user:password@host/);
      expect((error as Error).message).not.toContain("secret");
    }
  });

  test("a server that is away is unavailable, with host and port", async () => {
    const away = await openServer({ url: "postgres://u:secret@127.0.0.1:1/postgres" });
    await expect(away.provision(["x"])).rejects.toThrow(/PostgreSQL at 127\.0\.0\.1:1 is unavailable/);
  });
});
