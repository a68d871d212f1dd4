import { app, command, contract, event, query, saga, service, StatusError, type SagaContext } from "kerf";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { UnitTiming } from "../unit/options.ts";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";

const Do = z.object({ what: z.string() });
const shelf = contract("shelf", {
  version: 1,
  take: command({
    input: Do,
    output: z.object({ ticket: z.string() }),
    errors: { Empty: z.object({ what: z.string() }) },
  }),
  putBack: command({
    input: z.object({ what: z.string(), ticket: z.string() }),
    errors: { Lost: z.object({}) },
  }),
  look: query({ input: Do, output: z.object({ n: z.int() }) }),
});
const trips = contract("trips", {
  version: 1,
  begin: command({ input: Do }),
  call: command({ input: Do }),
  called: event({ data: Do, key: "what" }),
});

type Context = SagaContext<"shelf@1" | "trips@1", typeof trips.called>;
/** What the callee does beside its work, what the saga does, and what it saw: set by each test. */
let taking: (what: string) => Promise<void> | void;
let puttingBack: (what: string, fail: (code: "Lost", data: {}) => Error) => Promise<void> | void;
let looked = 0;
let runs: number;
let run: (context: Context, what: string) => Promise<void>;
let heard: { code: string }[];

const shelfService = service(
  shelf,
  {
    database: {
      migrations: tables("create table log (id int generated always as identity, what text, act text)"),
    },
  },
  {
    handle: {
      async take({ what }, { sql, fail }) {
        await taking(what);
        if (what.endsWith("empty")) throw fail("Empty", { what });
        await sql`insert into log (what, act) values (${what}, 'take')`;
        return { ticket: `ticket of ${what}` };
      },
      async putBack({ what, ticket }, { sql, fail }) {
        await puttingBack(what, fail);
        if (ticket !== `ticket of ${what}`) throw new Error("another ticket");
        await sql`insert into log (what, act) values (${what}, 'put back')`;
        return {};
      },
      look: async () => ({ n: ++looked }),
    },
  },
);
const trip = saga("trip", {
  version: 2,
  input: Do,
  uses: [shelf, trips],
  waits: [{ event: trips.called, correlate: "what" }],
  async run({ what }, context) {
    runs++;
    await run(context, what);
  },
  async refused({ error }) {
    heard.push({ code: error.code });
  },
  older: {
    1: async ({ what }, { step }) => {
      await step("the old way", shelf.take, { what: `${what} old` });
    },
  },
});
const tripsService = service(
  trips,
  { database: { migrations: tables("create table nothing (id int)") }, uses: [shelf] },
  {
    handle: {
      begin: async ({ what }, { start }) => {
        start(trip, { what }, { id: what });
        return {};
      },
      call: async ({ what }, { emit }) => {
        emit(trips.called, { what });
        return {};
      },
    },
    sagas: [trip],
  },
);
const shop = app("shop", {
  services: {
    shelf: async () => ({ default: shelfService }),
    trips: async () => ({ default: tripsService }),
  },
  topologies: { all: { all: "*" } },
});

let at: Arena;
let one: Replica;
let n = 0;
let id: string;
const timing: UnitTiming = { sagas: { tryMs: 300, stepMs: 400, undoMs: 600, memoryMs: 300 } };

beforeAll(async () => {
  at = await arena(shop);
  one = await at.start({ timing });
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(() => {
  taking = puttingBack = () => {};
  runs = looked = 0;
  heard = [];
  id = `t${++n}`;
});

const state = async (): Promise<string | undefined> =>
  (await at.sql("trips")`select state from kerf.saga where name = 'trip' and id = ${id}`)[0]?.["state"];
const parkedFor = async (): Promise<string> =>
  (await at.sql("trips")`select parked_reason as why from kerf.saga where id = ${id}`)[0]!["why"];
const log = async (): Promise<string[]> =>
  (
    await at.sql(
      "shelf",
    )`select act || ' ' || what as line from log where starts_with(what, ${`${id} `}) order by id`
  ).map((row) => (row["line"] as string).replace(`${id} `, ""));
const begin = (replica = one): Promise<unknown> => replica.call(trips.begin, { what: id }, { id });
const ends = async (as: string): Promise<void> =>
  expect.poll(state, { timeout: 10_000, interval: 20 }).toBe(as);
const take = ({ step }: Context, what: string, more: object = {}): Promise<{ ticket: string }> =>
  step(what, shelf.take, { what: `${id} ${what}` }, {
    undo: [shelf.putBack, ({ ticket }: { ticket: string }) => ({ what: `${id} ${what}`, ticket })],
    ...more,
  } as never) as Promise<{ ticket: string }>;

describe("a saga that is refused", () => {
  test("undoes in reverse what was done, by what it got", async () => {
    run = async (context) => {
      await take(context, "a");
      await take(context, "b");
      await take(context, "empty");
    };
    await begin();
    await ends("refused");
    expect(await log()).toEqual(["take a", "take b", "put back b", "put back a"]);
    expect(heard).toEqual([{ code: "Empty" }]);
  });

  test("after branches waits for all of them and undoes in reverse of their start", async () => {
    taking = (what) => sleep(what.endsWith(" a") ? 100 : 0);
    run = async (context) =>
      void (await context.all([
        () => take(context, "a"),
        () => take(context, "empty"),
        async () => {
          await take(context, "c");
          await take(context, "d");
        },
      ]));
    await begin();
    await ends("refused");
    expect((await log()).slice(-3)).toEqual(["put back d", "put back c", "put back a"]);
  });

  test("is parked where an undo is refused, and says which", async () => {
    puttingBack = (_what, fail) => {
      throw fail("Lost", {});
    };
    run = async (context) => {
      await take(context, "a");
      await take(context, "empty");
    };
    await begin();
    await ends("parked");
    expect(await parkedFor()).toBe('the undo of its step "a" was refused (Lost)');
  });

  test("is parked where an undo has failed for its whole time, also when it left memory meanwhile", async () => {
    puttingBack = () => {
      throw new Error("broken");
    };
    run = async (context) => {
      await take(context, "a");
      await take(context, "empty");
    };
    await begin();
    await ends("parked");
    expect(await parkedFor()).toMatch(/the undo of its step "a" failed/);
  });
});

describe("an outcome that is unknown", () => {
  test("is settled: it happened, and the saga goes on", async () => {
    // The first try hangs past every limit and then commits: the saga asks what became of it.
    let first = true;
    taking = async (what) => {
      if (!what.endsWith(" a") || !first) return;
      first = false;
      await at.sql("shelf")`select 1`;
    };
    one.proxies.get("shelf")!.cutOn((chunk) => chunk.includes("commit\0") && chunk.includes(`${id} a`), true);
    run = async (context) => {
      await take(context, "a");
      await take(context, "b");
    };
    await begin();
    await ends("done");
    expect(await log()).toEqual(["take a", "take b"]);
  });

  test("is settled: it never came, and a late arrival is refused", async () => {
    const late: (() => void)[] = [];
    taking = (what) => (what.endsWith(" b") ? new Promise<void>((resolve) => late.push(resolve)) : undefined);
    run = async (context) => {
      await take(context, "a");
      await take(context, "b");
    };
    await begin();
    await ends("refused");
    for (const go of late) go();
    await sleep(100);
    expect(await log()).toEqual(["take a", "put back a"]);
    const [record] = await at.sql("shelf")`select state from kerf.command where id = ${`trip/${id}/b`}`;
    expect(record).toEqual({ state: "refused" });
    expect(heard[0]!.code).not.toBe("NOT_FOUND");
  });

  test("is not taken for a refusal because a later try was refused", async () => {
    // The first try is slow and comes through; the second one is told NOT_FOUND meanwhile.
    let tries = 0;
    taking = async () => {
      if (++tries > 1) throw new StatusError("NOT_FOUND", "gone");
    };
    one.proxies.get("shelf")!.cutOn((chunk) => chunk.includes("commit\0") && chunk.includes(`${id} a`), true);
    run = async (context) => void (await take(context, "a"));
    await begin();
    await ends("done");
    expect(await log()).toEqual(["take a"]);
  });

  test("of a status error never reaches run", async () => {
    taking = () => {
      throw new StatusError("FAILED_PRECONDITION", "no");
    };
    const seen: unknown[] = [];
    run = async (context) => {
      await take(context, "a").catch((error: unknown) => seen.push(error));
    };
    await begin();
    await ends("refused");
    expect([seen, heard]).toEqual([[], [{ code: "FAILED_PRECONDITION" }]]);
  });
});

describe("a final step", () => {
  test("is tried for ever, and nothing is undone after it", async () => {
    let tries = 0;
    taking = (what) => {
      if (what.endsWith(" last") && ++tries < 5) throw new Error("not yet");
    };
    run = async (context) => {
      await take(context, "a");
      await take(context, "point", { undo: undefined, final: true });
      await take(context, "last", { undo: undefined });
    };
    await begin();
    await ends("done");
    expect(await log()).toEqual(["take a", "take point", "take last"]);
  });

  test("followed by a refusal parks", async () => {
    run = async (context) => {
      await take(context, "point", { undo: undefined, final: true });
      await take(context, "empty");
    };
    await begin();
    await ends("parked");
    expect(await parkedFor()).toMatch(/failed after a final step/);
  });
});

describe("a saga whose process is cut off", () => {
  test.each([1, 2, 3, 4])("at step %i is resumed by another, and repeats nothing", async (boundary) => {
    const dying = await at.start({ timing: { ...timing, leaseMs: 600 } });
    // The first replica must not take it: it is the dying one that starts it and so owns it.
    let cut: Promise<void> | undefined;
    run = async (context) => {
      const values = [await context.uuid(), await context.now(), await context.random()];
      seen.push(JSON.stringify(values));
      for (const i of [1, 2, 3, 4]) {
        if (i === boundary) cut ??= dying.cutOff();
        await take(context, `s${i}`);
        if (i === 2) seenLooks.push((await context.ask("look", shelf.look, { what: "x" })).n);
        await context.sleep(`nap ${i}`, "5ms");
      }
    };
    const seen: string[] = [];
    const seenLooks: number[] = [];
    await begin(dying);
    await ends("done");
    expect(await log()).toEqual(["take s1", "take s2", "take s3", "take s4"]);
    expect(runs).toBe(2);
    // What was recorded is used again; what was cut off before it was recorded may differ.
    if (boundary > 1) expect(seen[0]).toBe(seen[1]);
    if (boundary > 3) expect(seenLooks[0]).toBe(seenLooks[1]);
  });

  test("while it is undone goes on undoing", async () => {
    const dying = await at.start({ timing: { ...timing, leaseMs: 600 } });
    let cut: Promise<void> | undefined;
    puttingBack = async (what) => {
      if (what.endsWith(" b")) await (cut ??= dying.cutOff());
    };
    run = async (context) =>
      void (await context.all([
        () => take(context, "c"),
        async () => {
          await take(context, "a");
          await take(context, "b");
          await take(context, "never");
        },
      ]));
    // The first branch fails while the other one is in its second step, so that this one never comes to the third.
    taking = async (what) => {
      if (what.endsWith(" b")) await sleep(150);
      if (!what.endsWith(" c")) return;
      await sleep(80);
      throw new StatusError("FAILED_PRECONDITION", "no");
    };
    await begin(dying);
    await ends("refused");
    expect(await log()).toEqual(["take a", "take b", "put back b", "put back a"]);
  });

  test("and comes back writes nothing", async () => {
    const zombie = await at.start({ timing: { ...timing, leaseMs: 600 } });
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    let first = true;
    run = async (context) => {
      await take(context, "a");
      if (first) {
        first = false;
        await held;
      }
      await take(context, "b");
    };
    await begin(zombie);
    await expect.poll(() => first).toBe(false);
    for (const proxy of zombie.proxies.values()) proxy.blackhole(true);
    await ends("done");
    for (const proxy of zombie.proxies.values()) proxy.blackhole(false);
    const before = await at.sql("trips")`select * from kerf.saga_step where id = ${id} order by position`;
    release();
    await sleep(300);
    expect(await at.sql("trips")`select * from kerf.saga_step where id = ${id} order by position`).toEqual(
      before,
    );
    expect([await state(), await log()]).toEqual(["done", ["take a", "take b"]]);
    await zombie.cutOff();
  });
});

test("a drained process hands its sagas over at once", async () => {
  const leaving = await at.start({ timing: { ...timing, leaseMs: 60_000 } });
  run = async (context) => {
    await take(context, "a");
    await context.sleep("nap", "200ms");
    await take(context, "b");
  };
  await begin(leaving);
  await expect.poll(log).toEqual(["take a"]);
  await leaving.drain();
  await ends("done");
  expect(await log()).toEqual(["take a", "take b"]);
});

describe("code that changed", () => {
  const resume = async (): Promise<void> => {
    await at.sql(
      "trips",
    )`update kerf.saga set state = 'running', worker = null, next_at = now() where id = ${id}`;
  };
  const stopAfter = async (first: typeof run): Promise<void> => {
    run = first;
    await begin();
    await ends("done");
  };

  test("parks a saga whose step has another input now, and says which", async () => {
    await stopAfter(async (context) => void (await take(context, "a")));
    run = async ({ step }) => void (await step("a", shelf.take, { what: `${id} other` }));
    await resume();
    await ends("parked");
    expect(await parkedFor()).toMatch(/^it diverged: its step "a" is not what was recorded/);
  });

  test("parks a saga that does not come to a recorded step", async () => {
    await stopAfter(async (context) => void (await take(context, "a")));
    run = async () => {};
    await resume();
    await ends("parked");
    expect(await parkedFor()).toMatch(/its recorded step "a" was not reached/);
  });

  test("parks a saga with two steps of one name", async () => {
    run = async (context) => {
      await take(context, "a");
      await take(context, "a");
    };
    await begin();
    await ends("parked");
    expect(await parkedFor()).toMatch(/two of its steps are called "a"/);
  });

  test("keeps an instance at its version", async () => {
    await at.sql("trips")`
      insert into kerf.saga (name, id, version, input, input_hash, traceparent, state)
      values ('trip', ${id}, 1, ${at.sql("trips").json({ what: id })}, '', '', 'running')`;
    await ends("done");
    expect(await log()).toEqual(["take old"]);
  });

  test("parks a version that is not there any more, and leaves a newer one alone", async () => {
    const insert = (name: string, version: number): Promise<unknown> => at.sql("trips")`
      insert into kerf.saga (name, id, version, input, input_hash, traceparent, state)
      values ('trip', ${name}, ${version}, '{}', '', '', 'running')`;
    await insert(`${id} newer`, 3);
    await insert(id, 0);
    await ends("parked");
    expect(await parkedFor()).toMatch(/no version 0 of it/);
    const [newer] = await at.sql("trips")`select state, worker from kerf.saga where id = ${`${id} newer`}`;
    expect(newer).toEqual({ state: "running", worker: null });
    await at.sql("trips")`delete from kerf.saga where id = ${`${id} newer`}`;
  });
});

describe("waiting", () => {
  test("an event that comes while another branch is at work is not lost, and no branch waits for one that sleeps", async () => {
    run = async (context) => {
      await context.all([
        async () => {
          if (!(await context.waitFor("a call", trips.called, { within: "1h" }))) throw new Error("none");
        },
        () => context.sleep("nap", "500ms"),
        async () => {
          await take(context, "a");
          await take(context, "b");
        },
      ]);
    };
    await begin();
    await expect.poll(log, { timeout: 2_000 }).toEqual(["take a", "take b"]);
    await one.call(trips.call, { what: id });
    await ends("done");
  });

  test("that is over gives nothing, and each event is taken once", async () => {
    const got: unknown[] = [];
    run = async (context) => {
      await context.sleep("let them come", "600ms");
      for (const i of [1, 2, 3]) {
        got[i] = await context.waitFor(`call ${i}`, trips.called, { within: "400ms" });
      }
    };
    await begin();
    await one.call(trips.call, { what: id });
    await one.call(trips.call, { what: id });
    await ends("done");
    expect(got).toEqual([undefined, { what: id }, { what: id }, undefined]);
  });

  test("recorded values stay with their branch when it resumes", async () => {
    const ids: string[][] = [[], []];
    taking = (what) => sleep(what.endsWith(" slow") ? 150 : 0);
    run = async (context) => {
      await context.all([
        async () => {
          await take(context, "slow");
          ids[0]!.push(await context.uuid());
        },
        async () => {
          await take(context, "fast");
          ids[1]!.push(await context.uuid());
        },
      ]);
      await context.sleep("out of memory", "400ms");
    };
    await begin();
    await ends("done");
    expect(ids.map((each) => new Set(each).size)).toEqual([1, 1]);
    expect(ids[0]!.length).toBeGreaterThan(1);
  });
});

describe("limits", () => {
  test("a saga of more than 1,000 steps is parked", async () => {
    run = async (context) => {
      for (let i = 0; i <= 1_000; i++) await context.uuid();
    };
    await begin();
    await ends("parked");
    expect(await parkedFor()).toBe("it has more than 1000 steps");
  });

  test("a saga that remembers more than 1 MB is parked, also across resumptions", async () => {
    run = async (context) => {
      await context.sleep("nap", "400ms");
      await context.uuid();
    };
    await begin();
    await expect.poll(() => runs).toBe(1);
    await at.sql("trips")`
      insert into kerf.saga_step (saga, id, name, position, member, input_hash, command_id, state, output)
      values ('trip', ${id}, 'x', 7, 'x', '', '', 'done', to_json(repeat('x', 1048600)))`;
    await ends("parked");
    expect(await parkedFor()).toBe("what it remembers is larger than 1048576 bytes");
  });
});

test("a saga starts once for its id", async () => {
  run = async (context) => void (await take(context, "a"));
  await begin();
  await ends("done");
  await one.call(trips.begin, { what: id }, { id: `${id} again` });
  await sleep(100);
  expect([runs, await log()]).toEqual([1, ["take a"]]);
});

test("a database that is away does not end a saga", async () => {
  run = async (context) => {
    await take(context, "a");
    for (const i of [1, 2, 3]) {
      await at.sql("trips")`
        select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.catch(
        () => {},
      );
      await take(context, `b${i}`);
      await context.waitFor(`call ${i}`, trips.called, { within: "10ms" });
    }
  };
  await begin();
  await ends("done");
  expect(await log()).toEqual(["take a", "take b1", "take b2", "take b3"]);
});
