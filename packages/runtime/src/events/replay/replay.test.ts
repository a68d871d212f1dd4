import { app, command, contract, event, on, saga, service, type Sql } from "kerf";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { arena, tables, type Arena, type Replica } from "../../unit/testing.ts";
import type { Replayer } from "../../unit/replayer.ts";

const Sale = z.object({ sku: z.string(), n: z.int() });
const till = contract("till", {
  version: 1,
  sell: command({ input: Sale }),
  sold: event({ data: Sale, key: "sku" }),
  voided: event({ data: Sale, key: "sku" }),
  counted: event({ data: Sale, key: "sku" }),
});
const stats = contract("stats", {
  version: 1,
  watch: command({ input: z.object({ sku: z.string() }) }),
  seen: command({ input: z.object({ sku: z.string() }) }),
});

/** What a reaction does beside its work: set by each test. */
let reacting: (sku: string, n: number, context: { readonly sql: Sql }) => Promise<void> | void;
/** Every run of the reaction that is not replayable. */
let mails: string[] = [];

const tillService = service(
  till,
  { database: { migrations: tables("create table sale (sku text, n int)") } },
  {
    handle: {
      async sell({ sku, n }, { sql, emit }) {
        await sql`insert into sale values (${sku}, ${n})`;
        emit(till.sold, { sku, n });
        if (n % 5 === 0) emit(till.voided, { sku, n });
        emit(till.counted, { sku, n });
        return {};
      },
    },
  },
);

/** Waits for one event of a sku. */
const watcher = saga("watcher", {
  version: 1,
  input: z.object({ sku: z.string() }),
  uses: [stats],
  waits: [{ event: till.sold, correlate: "sku" }],
  async run({ sku }, { step, waitFor }) {
    await waitFor("sale", till.sold, { within: "1m" });
    await step("seen", stats.seen, { sku }, { final: true });
  },
});

const model = { replayable: { tables: ["total", "line"] } };
const statsService = service(
  stats,
  {
    database: {
      migrations: tables(`
        create table total (sku text primary key, sold int not null);
        -- The identity tells the order in which a key's events came.
        create table line (position bigint generated always as identity primary key, sku text references total,
          n int not null, doubled int generated always as (n * 2) stored);
        create view busiest as select sku from total order by sold desc;
        create table mail (sku text, n int);
        create table count (sku text, n int)`),
    },
    uses: [till],
  },
  {
    handle: {
      async watch({ sku }, { start }) {
        start(watcher, { sku }, { id: sku });
        return {};
      },
      seen: async () => ({}),
    },
    react: [
      on(
        till.sold,
        async ({ sku, n }, context) => {
          const { sql } = context;
          await sql`insert into total values (${sku}, ${n}) on conflict (sku) do update set sold = total.sold + ${n}`;
          await sql`insert into line (sku, n) values (${sku}, ${n})`;
          await reacting(sku, n, context);
        },
        model,
      ),
      on(
        till.voided,
        async ({ sku, n }, { sql }) => {
          await sql`update total set sold = sold - ${n} where sku = ${sku}`;
          await sql`insert into line (sku, n) values (${sku}, ${-n})`;
        },
        model,
      ),
      on(till.counted, async ({ sku, n }, { sql }) => {
        await sql`insert into mail values (${sku}, ${n})`;
        mails.push(`${sku} ${n}`);
      }),
    ],
    sagas: [watcher],
  },
);
const shop = app("shop", {
  services: {
    till: async () => ({ default: tillService }),
    stats: async () => ({ default: statsService }),
  },
  topologies: { split: { till: ["till"], stats: ["stats"] } },
});

let at: Arena;
let counter: Replica;
let reader: Replica;
let replayer: Replayer;
const units = [...shop.topologies.values()][0]!.units;
const unit = (name: string) => ({ unit: units.find((u) => u.name === name)! });

beforeAll(async () => {
  at = await arena(shop);
  counter = await at.start(unit("till"));
  reader = await at.start({ ...unit("stats"), timing: { giveUpMs: 1_500 } });
  replayer = await at.replayer("stats");
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(async () => {
  reacting = () => {};
  await replayer.abandon().catch(() => {});
  await at.sql("broker")`truncate broker.messages`;
  await at.sql("stats")`truncate total, line, mail, kerf.parked`;
  mails = [];
});

const sell = (sku: string, n: number): Promise<unknown> => counter.call(till.sell, { sku, n });
const never = new AbortController().signal;
const everything = (more: object = {}) => replayer.replay({ since: 0, signal: never, ...more });
const lines = async (sku: string): Promise<number[]> =>
  (await at.sql("stats")`select n from line where sku = ${sku} order by position`).map(
    (r) => r["n"] as number,
  );
const total = async (sku: string): Promise<number | undefined> =>
  (await at.sql("stats")`select sold from total where sku = ${sku}`)[0]?.["sold"] as number | undefined;
const quiet = async (sales: number): Promise<void> => {
  await expect.poll(() => mails.length, { timeout: 10_000 }).toBe(sales);
  const [row] = await at.sql("stats")`select count(*)::int as n from line where n > 0`;
  expect(row!["n"]).toBe(sales);
};
/** What the lines of a sku must be: every fifth sale is voided right after it. */
const expected = (ns: readonly number[]): number[] => ns.flatMap((n) => (n % 5 === 0 ? [n, -n] : [n]));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("a replay", () => {
  test("builds the read model anew from what is kept, in order, and touches nothing else", async () => {
    for (const n of upTo(12)) await sell("a", n);
    for (const n of upTo(7)) await sell("b", n);
    await expect.poll(() => lines("a")).toEqual(expected(upTo(12)));
    await expect.poll(() => lines("b")).toEqual(expected(upTo(7)));
    await quiet(19);
    // A read model with a mistake in it, and a row that no event explains.
    await at.sql("stats")`update total set sold = 1000`;
    await at.sql("stats")`delete from line where sku = 'a'`;
    const progress: number[] = [];
    const end = await everything({ onProgress: (p: { handled: number }) => progress.push(p.handled) });
    expect(end).toMatchObject({
      state: "done",
      events: ["till@1.sold", "till@1.voided"],
      tables: ["public.total", "public.line"],
      handled: 19 + 3,
      read: end.total,
    });
    expect(progress.at(-1)).toBe(22);
    expect(await lines("a")).toEqual(expected(upTo(12)));
    expect(await total("a")).toBe(63);
    expect(await total("b")).toBe(23);
    expect(mails).toHaveLength(19);
    // The live reactions go on with the new rows, after the identity that the copies came to.
    await sell("a", 13);
    await expect.poll(() => lines("a")).toEqual(expected(upTo(13)));
    expect(await at.sql("stats")`select to_regnamespace('kerf_replay') as copies`).toEqual([
      { copies: null },
    ]);
  });

  test("keeps the order of each key while new events come, and loses and repeats none", async () => {
    const keys = ["k0", "k1", "k2", "k3", "k4"];
    for (const n of upTo(20)) await Promise.all(keys.map((sku) => sell(sku, n)));
    const selling = (async () => {
      for (const n of upTo(120).slice(20)) await Promise.all(keys.map((sku) => sell(sku, n)));
    })();
    const ends = [await everything(), await everything({ rate: 400 })];
    await selling;
    ends.push(await everything());
    expect(ends.map((end) => end.state)).toEqual(["done", "done", "done"]);
    await quiet(600);
    for (const sku of keys) {
      expect(await lines(sku)).toEqual(expected(upTo(120)));
      expect(await total(sku)).toBe(7_260 - 1_500);
    }
    expect(new Set(mails).size).toBe(600);
  });

  test("from a time on holds what came since then", async () => {
    for (const n of upTo(3)) await sell("a", n);
    await quiet(3);
    const since = Date.now();
    for (const n of [4, 6, 7]) await sell("a", n);
    await quiet(6);
    expect(await everything({ since })).toMatchObject({ state: "done", handled: 3 });
    expect(await lines("a")).toEqual([4, 6, 7]);
  });

  test("is gone on with after it was stopped, and not before", async () => {
    for (const n of upTo(30)) await sell("a", n);
    await quiet(30);
    await at.sql("stats")`truncate total, line`;
    const stop = new AbortController();
    const first = await everything({
      rate: 50,
      signal: stop.signal,
      onProgress: (p: { handled: number }) => p.handled >= 10 && stop.abort(),
    });
    expect(first.state).toBe("stopped");
    expect(first.handled).toBeLessThan(30);
    expect(await lines("a")).toEqual([]);
    await expect(replayer.replay({ since: Date.now(), signal: never })).rejects.toThrow(
      /^stats has an unfinished replay: of till@1\.sold, till@1\.voided from earliest\. Go on with that one \(--resume\)/,
    );
    const second = await replayer.replay({ signal: never });
    expect(second).toMatchObject({ state: "done", handled: 36 });
    expect(await lines("a")).toEqual(expected(upTo(30)));
  });

  test("is refused while another is at work; one whose process died is taken over", async () => {
    for (const n of upTo(10)) await sell("a", n);
    await quiet(10);
    const stop = new AbortController();
    let second: Promise<unknown> | undefined;
    const other = await at.replayer("stats");
    await everything({
      rate: 20,
      signal: stop.signal,
      onProgress(p: { handled: number }) {
        if (p.handled < 2 || second) return;
        second = Promise.allSettled([other.replay({ since: 0, signal: never }), other.abandon()]).finally(
          () => stop.abort(),
        );
      },
    });
    expect(await second).toMatchObject([
      {
        reason: {
          message: expect.stringMatching(/^A replay of stats is at work already .* Wait for it, or stop it/),
        },
      },
      { reason: { message: "The replay of stats is at work. Stop it first." } },
    ]);
    // As a killed process leaves it.
    await at.sql(
      "stats",
    )`update kerf.replay set holder = gen_random_uuid(), held_until = now() + interval '1 s' where state = 'running'`;
    await expect(other.replay({ signal: never })).rejects.toThrow(/can be gone on with in 1 s/);
    await expect
      .poll(
        () =>
          other.replay({ signal: never }).then(
            (end) => end.state,
            () => "refused",
          ),
        { timeout: 5_000 },
      )
      .toBe("done");
    expect(await lines("a")).toEqual(expected(upTo(10)));
  });

  test("that lost its lease stops, and changes nothing more", async () => {
    for (const n of upTo(20)) await sell("a", n);
    await quiet(20);
    let taken = false;
    const ended = everything({
      rate: 20,
      leaseMs: 300,
      onProgress(p: { handled: number }) {
        if (p.handled < 3 || taken) return;
        taken = true;
        void at.sql(
          "stats",
        )`update kerf.replay set holder = gen_random_uuid(), held_until = now() + interval '2 s' where state = 'running'`.execute();
      },
    });
    await expect(ended).rejects.toThrow(/^Another process goes on with the replay of stats/);
    await expect
      .poll(
        () =>
          replayer.abandon().then(
            () => "gone",
            () => "held",
          ),
        { timeout: 5_000 },
      )
      .toBe("gone");
    expect(await lines("a")).toEqual(expected(upTo(20)));
  });
});

describe("a reaction that", () => {
  test("fails stops the replay at its event; the live model stays, and once mended it goes on from there", async () => {
    for (const n of upTo(8)) await sell("a", n);
    await quiet(8);
    let broken = true;
    reacting = (_sku, n) => {
      if (n === 6 && broken) throw new Error("cannot count to six");
    };
    await expect(everything()).rejects.toThrow(
      /^The reaction of stats to till@1\.sold fails on the event [-0-9a-f]+ \(key "a", of .*\): cannot count to six\. Correct it and replay again/,
    );
    expect(await lines("a")).toEqual(expected(upTo(8)));
    broken = false;
    expect(await replayer.replay({ signal: never })).toMatchObject({ state: "done" });
    expect(await lines("a")).toEqual(expected(upTo(8)));
  });

  test("writes to another table is refused, and nothing of it is kept", async () => {
    await sell("a", 1);
    await quiet(1);
    reacting = async (sku, n, { sql }) => void (await sql`insert into mail values (${sku}, ${n})`);
    await expect(everything()).rejects.toThrow(
      "A replayed reaction of stats wrote to mail, which is not among the tables that are built anew (line, total).",
    );
    expect(await at.sql("stats")`select * from mail`).toHaveLength(1);
    reacting = async (sku, _n, { sql }) =>
      void (await sql`update public.total set sold = 9 where sku = ${sku}`);
    await expect(replayer.replay({ signal: never })).rejects.toThrow("wrote to total, which");
    await replayer.abandon();
    expect(await total("a")).toBe(1);
    await expect(replayer.abandon()).rejects.toThrow("stats has no unfinished replay");
  });

  test.each(["emit", "send", "start", "call"])(
    "is replayable and uses %s is refused, live too",
    async (effect) => {
      reacting = (_sku, _n, context) => void (context as unknown as Record<string, unknown>)[effect];
      await sell("a", 1);
      await expect
        .poll(async () => (await at.sql("stats")`select error from kerf.parked`)[0]?.["error"], {
          timeout: 5_000,
        })
        .toMatch(`on till@1.sold is replayable and uses ${effect}: it may only fill its tables`);
    },
  );

  test("gave up on an event is not given it again, and keeps its dead letter", async () => {
    reacting = (sku, n) => {
      if (sku === "a" && n === 2) throw new Error("poison");
    };
    for (const n of upTo(3)) await sell("a", n);
    const state = async () =>
      (await at.sql("stats")`select state from kerf.parked`).map((row) => row["state"]);
    await expect.poll(state, { timeout: 15_000 }).toEqual(["dead"]);
    await expect.poll(() => lines("a")).toEqual([1, 3]);
    expect(await everything()).toMatchObject({ state: "done", handled: 2 });
    expect(await lines("a")).toEqual([1, 3]);
    expect(await state()).toEqual(["dead"]);
  });

  test("a replay was ahead of handles that once, and its sagas get their mail", async () => {
    await reader.call(stats.watch, { sku: "a" });
    await reader.drain();
    // Nobody takes live events now.
    await sell("a", 1);
    await expect.poll(async () => (await at.sql("broker")`select 1 from broker.messages`).length).toBe(2);
    expect(await everything()).toMatchObject({ state: "done", handled: 1 });
    reader = await at.start({ ...unit("stats"), timing: { giveUpMs: 1_500 } });
    await sell("a", 2);
    await quiet(2);
    expect(await lines("a")).toEqual([1, 2]);
    const state = async () =>
      (await at.sql("stats")`select state from kerf.saga where id = 'a'`)[0]?.["state"];
    await expect.poll(state, { timeout: 5_000 }).toBe("done");
  });
});

describe("is refused", () => {
  test("where the broker does not keep everything since then", async () => {
    for (const n of upTo(2)) await sell("a", n);
    await quiet(2);
    await at.sql(
      "broker",
    )`delete from broker.messages where "offset" in (select min("offset") from broker.messages)`;
    const since = Date.now() - 8 * 86_400_000;
    await expect(replayer.replay({ since, signal: never })).rejects.toThrow(
      /^The broker does not keep all events of till@1 since .* --from earliest/,
    );
  });

  test("where the live reactions have yet to take what is older", async () => {
    await reader.drain();
    await sell("a", 1);
    await expect.poll(async () => (await at.sql("broker")`select 1 from broker.messages`).length).toBe(2);
    const since = Date.now() + 1;
    await expect.poll(() => Date.now()).toBeGreaterThan(since);
    await expect(replayer.replay({ since, signal: never })).rejects.toThrow(
      /has not yet taken events of till@1 that are older/,
    );
    reader = await at.start({ ...unit("stats"), timing: { giveUpMs: 1_500 } });
    await quiet(1);
  });

  test.each<[string, string, RegExp]>([
    [
      "a trigger",
      "create trigger t before insert on line for each row execute function suppress_redundant_updates_trigger()",
      /"line" of stats has triggers/,
    ],
    [
      "a foreign key from elsewhere",
      "create table owed (sku text references total)",
      /"total" of stats is referenced by owed/,
    ],
  ])("where a table has %s", async (_what, ddl, message) => {
    const sql = at.sql("stats");
    await sql.unsafe(ddl);
    try {
      await expect(everything()).rejects.toThrow(message);
    } finally {
      await sql.unsafe("drop table if exists owed; drop trigger if exists t on line");
    }
    expect(await sql`select 1 from kerf.replay where state = 'running'`).toEqual([]);
  });

  test.each<[string | undefined, RegExp]>([
    ["till.solt", /has no replayable reaction to "till.solt" \(did you mean "till.sold"\?\)/],
    ["till.counted", /reaction of stats to till.counted is not replayable/],
  ])("for the event %s", async (name, message) => {
    await expect(everything({ event: name })).rejects.toThrow(message);
  });
});
