import { testServer } from "@kerf/runtime/testing";
import { readdir, readFile } from "node:fs/promises";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reportStuck } from "./follow-return.ts";
import { registered, renamed } from "./names.ts";

let sql: postgres.Sql;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testServer()).freshDatabase("orders");
  drop = () => database.drop();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const folder = new URL("./migrations/", import.meta.url);
  for (const file of (await readdir(folder)).toSorted())
    await sql.unsafe(await readFile(new URL(file, folder), "utf8"));
});

afterAll(async () => {
  await sql?.end();
  await drop?.();
});

test("a return that is overdue is reported once and marked, one that is not due is left alone", async () => {
  await sql`
    insert into return (return_id, customer_id, article, quantity, pence, deadline) values
      ('late', 'alice', 'A', 1, 100, now() - interval '1 second'),
      ('soon', 'alice', 'A', 1, 100, now() + interval '1 minute')`;
  const warned: unknown[] = [];
  const context = { sql, log: { warn: (fields: unknown) => warned.push(fields) } };
  await reportStuck.run(context);
  await reportStuck.run(context);
  expect(warned).toEqual([{ returnId: "late", refunded: false, restocked: false }]);
  expect(await sql`select return_id, state from return order by return_id`).toMatchObject([
    { return_id: "late", state: "stuck" },
    { return_id: "soon", state: "requested" },
  ]);
});

test("a name that comes late does not replace a newer one", async () => {
  for (const [reaction, name, version] of [
    [registered, "First", 1],
    [renamed, "Third", 3],
    [renamed, "Second", 2],
    [registered, "First", 1],
  ] as const) {
    const react = reaction.run as (data: unknown, context: unknown) => Promise<void>;
    await react({ userId: "nora", name, version }, { sql });
  }
  expect(await sql`select name, version from customer_name`).toMatchObject([{ name: "Third", version: 3 }]);
});
