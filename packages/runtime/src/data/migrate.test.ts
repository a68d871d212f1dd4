import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrate, migrateList, split } from "./migrate.ts";
import { testServer, type FreshDatabase, type TestServer } from "./testing.ts";

let server: TestServer;
let database: FreshDatabase;
let folder: string;
let sql: postgres.Sql;

beforeAll(async () => {
  server = await testServer();
});

beforeEach(async () => {
  database = await server.freshDatabase();
  folder = await mkdtemp(join(tmpdir(), "kerf-migrate-"));
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  return async () => {
    await sql.end();
    await database.drop();
    await rm(folder, { recursive: true });
  };
});

afterAll(() => server.close());

const file = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const run = (log?: (line: string) => void): Promise<void> =>
  migrate(database.url, { directory: pathToFileURL(folder), service: "orders", ...(log ? { log } : {}) });

describe("migrate", () => {
  test("applies files in order and only once", async () => {
    await file("0002_row.sql", "insert into item values (1);");
    await file("0001_item.sql", "create table item (id int);");
    const lines: string[] = [];
    await run((line) => lines.push(line));
    await run((line) => lines.push(line));
    expect(lines.map((line) => line.replace(/ in .*/, ""))).toEqual([
      "orders: applied 0001_item.sql",
      "orders: applied 0002_row.sql",
    ]);
    expect(await sql`select * from item`).toHaveLength(1);
  });

  test("several processes at once apply each file once", async () => {
    await file(
      "0001_item.sql",
      "create table item (id int); insert into item values (1); select pg_sleep(0.1);",
    );
    await Promise.all([run(), run(), run()]);
    expect(await sql`select * from item`).toHaveLength(1);
  });

  test("refuses a changed file but not other line ends", async () => {
    await file("0001_item.sql", "create table item (\n id int);");
    await run();
    await file("0001_item.sql", "create table item (\r\n id int);");
    await run();
    await file("0001_item.sql", "create table item (\n id bigint);");
    await expect(run()).rejects.toThrow(/0001_item\.sql of orders was changed .*new migration/);
  });

  test("refuses a missing file and one that comes too late", async () => {
    await file("0002_item.sql", "create table item (id int);");
    await run();
    await file("0001_late.sql", "create table late (id int);");
    await expect(run()).rejects.toThrow(
      /0001_late\.sql of orders comes before 0002_item\.sql.*next free number/,
    );
    await rm(join(folder, "0002_item.sql"));
    await expect(run()).rejects.toThrow(/0002_item\.sql of orders was applied .* missing.*Put the file back/);
  });

  test("refuses bad names, double numbers and a missing folder", async () => {
    await file("1_item.sql", "select 1");
    await expect(run()).rejects.toThrow(/1_item\.sql is not a migration's name.*0001_create_items\.sql/);
    await rm(join(folder, "1_item.sql"));
    await file("0001_a.sql", "select 1");
    await file("0001_b.sql", "select 1");
    await expect(run()).rejects.toThrow(/0001_a\.sql and 0001_b\.sql have the same number/);
    const gone = migrate(database.url, { directory: pathToFileURL(join(folder, "gone")), service: "orders" });
    await expect(gone).rejects.toThrow(/gone.* cannot be read/);
  });

  test("an error names file and line and leaves nothing behind", async () => {
    await file("0001_item.sql", "create table item (id int);\n-- é 😀\ninsert into item\n  values ('x');\n");
    await expect(run()).rejects.toThrow(
      /^0001_item\.sql, line 4: invalid input syntax for type integer: "x" \(22P02\)/,
    );
    expect((await sql`select to_regclass('item') as item`)[0]).toEqual({ item: null });
    await file("0001_item.sql", "create table item (id int);");
    await run();
  });

  test("a file that ends its own transaction is refused", async () => {
    await file("0001_item.sql", "create table item (id int); commit;");
    await expect(run()).rejects.toThrow(/0001_item\.sql ends its transaction/);
  });

  test("runs a marked file outside of a transaction", async () => {
    await file(
      "0001_item.sql",
      "-- kerf: no transaction\ncreate table item (id int);\ncreate index concurrently item_id on item (id);\n",
    );
    await run();
    expect((await sql`select to_regclass('item_id')::text as index`)[0]).toEqual({ index: "item_id" });
    await file("0002_bad.sql", "-- kerf: no transaction\nselect 1;\n\nselect nope;\n");
    await expect(run()).rejects.toThrow(/^0002_bad\.sql, line 4: column "nope" does not exist/);
  });

  test("takes a list, and keeps services apart", async () => {
    const migrations = [{ name: "0001_item.sql", sql: "create table a (id int)" }];
    await migrateList(database.url, { migrations, service: "kerf" });
    await file("0001_item.sql", "create table b (id int);");
    await run();
    expect(await sql`select service from kerf.migration order by 1`).toEqual([
      { service: "kerf" },
      { service: "orders" },
    ]);
  });

  test("says that the server is unavailable, with host and port and without the password", async () => {
    const url = "postgres://someone:secret@127.0.0.1:1/nowhere";
    const failure = await migrateList(url, { migrations: [], service: "x" }).catch((error: Error) => error);
    expect(failure).toMatchObject({ kind: "unavailable" });
    expect((failure as Error).message).toMatch(/127\.0\.0\.1:1 is unavailable.*Check that it runs/);
    expect((failure as Error).message).not.toContain("secret");
  });
});

test("split cuts at the ends of statements only", () => {
  const text = "-- a;b\nselect ';', $$;$$, $x$;$$;$x$, \"a;b\"; /* ; */ select 2;\n-- end";
  expect(split(text).map(({ statement }) => statement.trim())).toEqual([
    "-- a;b\nselect ';', $$;$$, $x$;$$;$x$, \"a;b\"",
    "/* ; */ select 2",
  ]);
});
