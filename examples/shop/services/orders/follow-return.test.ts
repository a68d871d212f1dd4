import { testServer } from "@kerf/runtime/testing";
import { readdir, readFile } from "node:fs/promises";
import postgres from "postgres";
import { expect, test } from "vitest";
import { reportStuck } from "./follow-return.ts";

test("a return that is overdue is reported once and marked, one that is not due is left alone", async () => {
  await using database = await (await testServer()).freshDatabase("orders");
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const folder = new URL("./migrations/", import.meta.url);
  for (const file of (await readdir(folder)).toSorted())
    await sql.unsafe(await readFile(new URL(file, folder), "utf8"));
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
  await sql.end();
});
