/** Tables stay small over a long run, and what does not get done is said: with a retention of seconds instead of days. */
import { app, command, contract, event, every, on, saga, service } from "kerf";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createLog } from "../log/index.ts";
import { arena, tables, type Arena, type Replica } from "./testing.ts";

const Note = z.object({ id: z.string(), poison: z.boolean() });
const mill = contract("mill", {
  version: 1,
  grind: command({ input: Note }),
  ground: event({ data: Note, key: "id" }),
});
const store = contract("store", {
  version: 1,
  keep: command({ input: Note, errors: { Full: z.object({}) } }),
  drop: command({ input: Note }),
});
const batch = saga("batch", {
  version: 1,
  input: Note,
  uses: [store],
  waits: [{ event: mill.ground, correlate: "id" }],
  async run(note, { step, waitFor }) {
    await step("keep", store.keep, note, { undo: [store.drop, note] });
    await waitFor("ground", mill.ground, { within: "1h" });
    await step("keep again", store.keep, { ...note, id: `${note.id} again` }, { final: true });
  },
});
const millService = service(
  mill,
  { database: { migrations: tables("create table unused (id int)") }, uses: [store] },
  {
    handle: {
      async grind(note, { emit, send, start }) {
        start(batch, note, { id: note.id });
        emit(mill.ground, note);
        send(store.keep, { ...note, id: `${note.id} sent` });
        return {};
      },
    },
    sagas: [batch],
    schedule: [every("200ms", "turn the stones", async () => {})],
  },
);
const storeService = service(
  store,
  { database: { migrations: tables("create table unused (id int)") } },
  {
    handle: {
      async keep({ id }, { sql, fail }) {
        await sql`select 1`;
        if (id.endsWith("0")) throw fail("Full", {});
        return {};
      },
      drop: async () => ({}),
    },
    react: [
      on(mill.ground, async ({ poison, id }) => {
        if (poison) throw new Error(`grit in ${id}`);
      }),
    ],
  },
);
const works = app("works", {
  services: { mill: async () => ({ default: millService }), store: async () => ({ default: storeService }) },
  topologies: { all: { all: "*" } },
});

let at: Arena;
let unit: Replica;
let n = 0;
const lines: {
  readonly alarm?: string;
  readonly cleared?: true;
  readonly level: string;
  readonly msg: string;
}[] = [];

beforeAll(async () => {
  at = await arena(works);
  const handledMs = 2_000;
  unit = await at.start({
    timing: {
      retention: { handledMs, sagaCommandsMs: handledMs, actionsMs: handledMs },
      measureMs: 100,
      giveUpMs: 100,
      pollMs: 100,
    },
    log: createLog({
      unit: "test",
      level: "info",
      destination: { write: (line) => void lines.push(JSON.parse(line)) },
    }),
  });
}, 60_000);
afterAll(() => at?.[Symbol.asyncDispose]());

const grind = (poison = false): Promise<unknown> => unit.call(mill.grind, { id: `n${++n}`, poison });

interface Size {
  readonly rows: number;
  readonly bytes: number;
}

/** What autovacuum looks for, by the settings of each table. It comes once a minute: short beside a week, long here. */
const overdue = `
  select format('%I.%I', s.schemaname, s.relname) as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  cross join lateral (
    select coalesce(max(option_value) filter (where option_name = 'autovacuum_enabled'), 'on') as enabled,
      coalesce(max(option_value) filter (where option_name = 'autovacuum_vacuum_threshold'), '50')::float8 as threshold,
      coalesce(max(option_value) filter (where option_name = 'autovacuum_vacuum_scale_factor'), '0.2')::float8 as factor
    from pg_options_to_table(c.reloptions)) o
  where enabled = 'on' and n_dead_tup > threshold + factor * greatest(c.reltuples, 0)`;

/** Of every table of ours in every database. */
async function sizes(): Promise<Map<string, Size>> {
  const found = new Map<string, Size>();
  for (const database of ["mill", "store", "broker"]) {
    const sql = at.sql(database);
    for (const { name } of await sql.unsafe<{ name: string }[]>(overdue)) await sql.unsafe(`vacuum ${name}`);
    const names = await sql<{ name: string }[]>`
      select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables where schemaname in ('kerf', 'broker')`;
    for (const { name } of names) {
      const [row] = await sql.unsafe<{ rows: string; bytes: string }[]>(
        `select (select count(*) from ${name}) as rows, pg_total_relation_size('${name}') as bytes`,
      );
      found.set(`${database}: ${name}`, { rows: Number(row!.rows), bytes: Number(row!.bytes) });
    }
  }
  return found;
}

/** Rows of two to three seconds, of which there is noise; files at their high-water mark. */
function grownBetween(early: ReadonlyMap<string, Size>, late: ReadonlyMap<string, Size>) {
  return [...late]
    .map(([name, size]) => ({ name, early: early.get(name) ?? { rows: 0, bytes: 0 }, late: size }))
    .filter(
      (table) =>
        table.late.rows > table.early.rows * 1.6 + 50 || table.late.bytes > table.early.bytes * 1.2 + 49_152,
    );
}

describe("upkeep", () => {
  test(
    "every table stays bounded over a long run, its files as well as its rows",
    { timeout: 300_000 },
    async () => {
      const storeOps = (await at.operations()).services.get("store")!;
      /** At a pace that a busy machine keeps too: sizes follow the pace. */
      const during = async (ms: number): Promise<void> => {
        for (const end = Date.now() + ms; Date.now() < end;) {
          await Promise.all([sleep(300), ...Array.from({ length: 10 }, () => grind())]);
          await storeOps.drop({}, { who: "the test", why: "it is poison" });
        }
      };
      /** The most that was seen of each table during a while, with a poison message now and then. */
      const most = async (rounds: number): Promise<Map<string, Size>> => {
        const seen = new Map<string, Size>();
        for (let round = 0; round < rounds; round++) {
          await Promise.all([grind(true), during(1_000)]);
          for (const [name, { rows, bytes }] of await sizes()) {
            const before = seen.get(name) ?? { rows: 0, bytes: 0 };
            seen.set(name, { rows: Math.max(before.rows, rows), bytes: Math.max(before.bytes, bytes) });
          }
        }
        return seen;
      };
      // Until each table has been vacuumed: at 200 dead rows, or less.
      for (const end = Date.now() + 10_000; Date.now() < end;) await during(1_000).then(sizes);
      const early = await most(4);
      const handled = n;
      let late = await most(20);
      expect(n).toBeGreaterThan(handled + 100);
      let grown = grownBetween(early, late);
      // On a busy machine the pace may have risen meanwhile. What grows without bound goes on growing, over a longer while.
      if (grown.length > 0) {
        const before = late;
        late = await most(40);
        const growing = new Set(grownBetween(before, late).map(({ name }) => name));
        grown = grown.filter(({ name }) => growing.has(name));
      }
      expect(grown).toEqual([]);
      // The sequence was long beside what is kept of it, and used every table of consequence.
      for (const name of [
        "mill: kerf.command",
        "mill: kerf.saga",
        "mill: kerf.saga_step",
        "store: kerf.command",
        "store: kerf.inbox",
        "broker: broker.messages",
        "store: kerf.parked",
        "store: kerf.action",
      ])
        expect(late.get(name)!.rows, name).toBeGreaterThan(0);
      expect(late.get("mill: kerf.command")!.rows).toBeLessThan(n / 2);
    },
  );

  test("what needs somebody is said once, and once more when it is over", { timeout: 30_000 }, async () => {
    const storeOps = (await at.operations()).services.get("store")!;
    await vi.waitFor(
      async () => {
        await storeOps.drop({}, { who: "the test", why: "it is poison" });
        expect((await unit.status()).retries + (await unit.status()).deadLetters).toBe(0);
      },
      { timeout: 10_000, interval: 100 },
    );
    const said = (): string[] =>
      lines
        .filter((line) => line.alarm === "dead letters")
        .map((line) => `${line.level}${line.cleared ? " cleared" : ""}: ${line.msg}`);
    await vi.waitFor(() => expect(said().at(-1) ?? "cleared").toContain("cleared"), { timeout: 5_000 });
    const before = said().length;
    await grind(true);
    await vi.waitFor(() => expect(said().slice(before)).toHaveLength(1), { timeout: 10_000 });
    // It is measured ten times a second, and not said again.
    await grind(true);
    await vi.waitFor(async () => expect((await unit.status()).deadLetters).toBe(2), { timeout: 10_000 });
    await storeOps.drop({}, { who: "the test", why: "it is poison" });
    await vi.waitFor(() => expect(said().slice(before)).toHaveLength(2), { timeout: 10_000 });
    expect(said().slice(before)).toEqual([
      "error: 1 dead letters of store; see: kerf dead-letters --service store",
      "info cleared: store has no dead letters any more",
    ]);
  });
});
