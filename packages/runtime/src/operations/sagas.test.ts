import { app, command, contract, event, saga, service, type SagaContext } from "kerf";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";
import type { ServiceOperations } from "./service-operations.ts";

const Do = z.object({ what: z.string() });
const shelf = contract("shelf", {
  version: 1,
  take: command({
    input: Do,
    output: z.object({ ticket: z.string() }),
    errors: { Empty: z.object({ what: z.string() }) },
  }),
  putBack: command({ input: Do, errors: { Lost: z.object({}) } }),
});
const trips = contract("trips", {
  version: 1,
  begin: command({ input: Do }),
  call: command({ input: Do }),
  called: event({ data: Do, key: "what" }),
});

type Context = SagaContext<"shelf@1", typeof trips.called>;
/** Empty where `take` is refused, lost where `putBack` is: set by each test. */
let empty: (what: string) => boolean;
let lost: () => boolean;
let run: (context: Context, what: string) => Promise<void>;
let heard: string[];

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
        if (empty(what)) throw fail("Empty", { what });
        await sql`insert into log (what, act) values (${what}, 'take')`;
        return { ticket: `ticket of ${what}` };
      },
      async putBack({ what }, { sql, fail }) {
        if (lost()) throw fail("Lost", {});
        await sql`insert into log (what, act) values (${what}, 'put back')`;
        return {};
      },
    },
  },
);
const trip = saga("trip", {
  version: 1,
  input: Do,
  uses: [shelf],
  waits: [{ event: trips.called, correlate: "what" }],
  run: ({ what }, context) => run(context, what),
  async refused({ error }) {
    heard.push(error.code);
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
let unit: Replica;
let ops: ServiceOperations;
let n = 0;
let id: string;

beforeAll(async () => {
  at = await arena(shop);
  // Slow to look by itself: what happens soon was woken.
  const timing = {
    leaseMs: 120_000,
    pollMs: 60_000,
    sagas: { tryMs: 300, stepMs: 300, undoMs: 300, memoryMs: 100 },
  };
  unit = await at.start({ timing });
  ops = (await at.operations()).services.get("trips")!;
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(() => {
  id = `t${++n}`;
  heard = [];
  empty = (what) => what.endsWith("empty");
  lost = () => false;
});

const show = async () => (await ops.findSagas(id))[0]!;
const ends = (state: string) =>
  expect.poll(async () => (await show())?.state, { timeout: 15_000 }).toBe(state);
const begin = (): Promise<unknown> => unit.call(trips.begin, { what: id });
const log = async (): Promise<string[]> =>
  (
    await at.sql("shelf")`select act || ' ' || what as line from log where what like ${`${id}%`} order by id`
  ).map((row) => row["line"] as string);
/** A saga that must be undone, whose undo is refused. */
async function parkedByItsUndo(): Promise<void> {
  lost = () => true;
  run = async ({ step }, what) => {
    await step("first", shelf.take, { what }, { undo: [shelf.putBack, { what }] });
    await step("second", shelf.take, { what: `${what} empty` }, { final: true });
  };
  await begin();
  await ends("parked");
}

describe("a parked saga", () => {
  test("keeps why it is undone beside why it is parked, and shows its steps", async () => {
    await parkedByItsUndo();
    expect(await show()).toMatchObject({
      name: "trip",
      input: { what: id },
      parkedReason: 'the undo of its step "first" was refused (Lost)',
      parkedFrom: "undoing",
      error: { code: "Empty", member: "shelf@1.take", data: { what: `${id} empty` } },
      steps: [
        {
          name: "first",
          member: "shelf@1.take",
          state: "undoing",
          input: { what: id },
          output: { ticket: `ticket of ${id}` },
          error: null,
        },
        {
          name: "second",
          state: "failed",
          input: { what: `${id} empty` },
          output: null,
          error: { code: "Empty" },
          undoAt: null,
        },
      ],
    });
    const { steps, startedAt } = await show();
    const times = [startedAt, steps[0]!.startedAt, steps[0]!.endedAt!, steps[1]!.endedAt!, steps[0]!.undoAt!];
    expect(times).toEqual(times.toSorted());
    expect((await ops.sagas({ state: "parked", limit: 10 })).map((s) => s.id)).toContain(id);
    expect(await ops.sagaCounts()).toContainEqual(expect.objectContaining({ name: "trip", state: "parked" }));
  });

  test("goes on where it stopped when it is retried: at once, with its error, and what was refused is tried anew", async () => {
    await parkedByItsUndo();
    lost = () => false;
    const since = performance.now();
    expect(await ops.retry("trip", id, { who: "ann", why: "found it" })).toBe(true);
    await ends("refused");
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(await log()).toEqual([`take ${id}`, `put back ${id}`]);
    expect(heard).toEqual(["Empty"]);
    expect(await ops.actions(id, "trip")).toMatchObject([
      { what: "retry", who: "ann", why: "found it", detail: { from: "undoing", error: { code: "Empty" } } },
    ]);
    expect(await ops.retry("trip", id, { who: "ann", why: undefined })).toBe(false);
  });

  test("that is retried in vain is parked again, with nothing done twice", async () => {
    await parkedByItsUndo();
    await ops.retry("trip", id, { who: "ann", why: undefined });
    await expect.poll(async () => (await ops.actions(id)).length).toBe(1);
    await expect
      .poll(
        async () =>
          (await at.sql("trips")`select refusals from kerf.saga_step where id = ${id} and refusals > 1`)
            .length,
      )
      .toBe(1);
    await ends("parked");
    lost = () => false;
    await ops.retry("trip", id, { who: "ann", why: undefined });
    await ends("refused");
    expect(await log()).toEqual([`take ${id}`, `put back ${id}`]);
  });

  test("that failed where it can only go forward tries that step anew", async () => {
    let sold = true;
    empty = (what) => sold && what.endsWith("last");
    run = async ({ step }, what) => {
      await step("point of no return", shelf.take, { what }, { final: true });
      await step("last", shelf.take, { what: `${what} last` });
    };
    await begin();
    await ends("parked");
    expect((await show()).steps[1]).toMatchObject({ state: "failed", error: { code: "Empty" } });
    sold = false;
    await ops.retry("trip", id, { who: "ann", why: undefined });
    await ends("done");
    expect(await log()).toEqual([`take ${id}`, `take ${id} last`]);
  });

  test("gets the events that came for it meanwhile", async () => {
    let broken = true;
    run = async ({ step, waitFor }, what) => {
      await step("first", shelf.take, { what }, { undo: [shelf.putBack, { what }] });
      if (broken) await step("first", shelf.take, { what });
      const call = await waitFor("call", trips.called, { within: "1h" });
      heard.push(call!.what);
    };
    await begin();
    await ends("parked");
    await unit.call(trips.call, { what: id });
    await expect.poll(async () => (await show()).mail.length, { timeout: 10_000 }).toBe(1);
    broken = false;
    await ops.retry("trip", id, { who: "ann", why: undefined });
    await ends("done");
    expect(heard).toEqual([id]);
  });

  test("that is given up stays as it is, with what remains done on record", async () => {
    await parkedByItsUndo();
    await expect(async () => ops.giveUp("trip", id, { who: "ann", why: " " })).rejects.toThrow(
      "takes a reason",
    );
    expect(await ops.giveUp("trip", id, { who: "ann", why: "paid by hand" })).toBe(true);
    expect(await show()).toMatchObject({
      state: "abandoned",
      parkedReason: 'the undo of its step "first" was refused (Lost)',
      error: { code: "Empty" },
    });
    expect(await ops.actions(id)).toMatchObject([
      {
        what: "give up",
        why: "paid by hand",
        detail: { remain: [], undoUnfinished: ["first"], failed: ["second"], undone: [], unknown: [] },
      },
    ]);
    expect(await ops.retry("trip", id, { who: "ann", why: undefined })).toBe(false);
    expect((await unit.status()).parkedSagas).toBe((await ops.sagas({ state: "parked", limit: 100 })).length);
  });
});
