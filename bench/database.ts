/**
 * What a transaction of the data layer costs beside bare postgres.js on the same server:
 * `npx node bench/database.ts [--seconds 3] [--json]`
 */
import { parseArgs } from "node:util";
import postgres from "postgres";
import { connections } from "../packages/runtime/src/data/connections.ts";
import { testServer } from "../packages/runtime/src/data/testing.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "3" }, json: { type: "boolean" } },
});
const runMs = Number(values.seconds) * 1_000;

const server = await testServer();
await using fresh = await server.freshDatabase("bench");
const pool = connections();
const database = pool.database(fresh.url, { name: "bench" });
const bare = postgres(fresh.url, { max: 10, fetch_types: false, onnotice: () => {} });
await bare`create table entry (id bigserial primary key, note text not null)`;

const cases: { name: string; run: () => Promise<unknown> }[] = [
  { name: "bare: one statement, no transaction", run: async () => await bare`select ${1}::int as x` },
  {
    name: "bare: begin read only + select + commit",
    run: () => bare.begin("read only", (sql) => sql`select ${1}::int as x`),
  },
  {
    name: "ours: read-only transaction of one select",
    run: async () => {
      const transaction = database.open({ readOnly: true, deadlineAt: Date.now() + 2_000 });
      const rows = await transaction.sql`select ${1}::int as x`;
      await transaction.commit();
      return rows;
    },
  },
  {
    name: "bare: begin + insert + commit",
    run: () => bare.begin((sql) => sql`insert into entry (note) values (${"x"})`),
  },
  {
    name: "ours: begin + insert + commit",
    run: async () => {
      const transaction = database.open({ deadlineAt: Date.now() + 2_000 });
      await transaction.sql`insert into entry (note) values (${"x"})`;
      await transaction.commit();
    },
  },
  {
    name: "ours: begin + insert, not waited for, + commit",
    run: async () => {
      const transaction = database.open({ deadlineAt: Date.now() + 2_000 });
      void transaction.sql`insert into entry (note) values (${"x"})`;
      await transaction.commit();
    },
  },
];

interface Measured {
  name: string;
  concurrency: number;
  perSecond: number;
  p50Us: number;
  p99Us: number;
}

async function measure(name: string, concurrency: number, run: () => Promise<unknown>): Promise<Measured> {
  const took: number[] = [];
  const work = async (until: number, keep: boolean): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now();
      await run();
      if (keep) took.push(performance.now() - began);
    }
  };
  const all = (ms: number, keep: boolean) =>
    Promise.all(Array.from({ length: concurrency }, () => work(performance.now() + ms, keep)));
  await all(runMs / 4, false);
  const began = performance.now();
  await all(runMs, true);
  const seconds = (performance.now() - began) / 1_000;
  took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((took[Math.floor(took.length * share)] ?? 0) * 1_000);
  return { name, concurrency, perSecond: Math.round(took.length / seconds), p50Us: at(0.5), p99Us: at(0.99) };
}

const results: Measured[] = [];
for (const concurrency of [1, 10]) {
  for (const { name, run } of cases) results.push(await measure(name, concurrency, run));
}
if (values.json) console.log(JSON.stringify(results));
else console.table(results);

await bare.end();
await pool.close();
await server.close();
