import { app, command, contract, query, saga, service, type AnySaga } from "kerf";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { postgresJournal } from "../journal/postgres.ts";
import { connections } from "../data/connections.ts";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";
import { readHistory, replayHistory, type SagaHistory } from "./history.ts";

const Id = z.object({ id: z.string() });
const errors = { Declined: z.object({}) };
const orders = contract("orders", {
  version: 1,
  place: command({ input: Id }),
  price: query({ input: Id, output: z.object({ pence: z.int() }) }),
  reserve: command({ input: Id }),
  release: command({ input: Id }),
  charge: command({ input: z.object({ id: z.string(), pence: z.int() }), errors }),
  refund: command({ input: Id }),
  confirm: command({ input: Id }),
});
const spec = { version: 1, input: Id, uses: [orders] } as const;
const undo = (id: string) => ({ undo: [orders.release, { id }] }) as const;

const checkout = saga("checkout", {
  ...spec,
  async run({ id }, { step, ask, all, now, sleep }) {
    const { pence } = await ask("price", orders.price, { id });
    await now();
    await all([
      () => step("reserve", orders.reserve, { id }, undo(id)),
      () => step("charge", orders.charge, { id, pence }, { undo: [orders.refund, { id }] }),
    ]);
    if (id.startsWith("slow")) await sleep("a while", "1h");
    await step("confirm", orders.confirm, { id }, { final: true });
  },
});

let at: Arena;
let shop: Replica;
const migrations = tables("create table line (id text)");
const made = service(
  orders,
  { database: { migrations } },
  {
    handle: {
      async place({ id }, { sql, start }) {
        await sql`insert into line values (${id})`;
        start(checkout, { id }, { id });
        return {};
      },
      price: async () => ({ pence: 5 }),
      reserve: async () => ({}),
      release: async () => ({}),
      async charge({ id }, { fail }) {
        if (id.startsWith("poor")) throw fail("Declined", {});
        return {};
      },
      refund: async () => ({}),
      confirm: async () => ({}),
    },
    sagas: [checkout],
  },
);
const histories = new Map<string, SagaHistory>();

beforeAll(async () => {
  at = await arena(
    app("shop", { services: { orders: async () => ({ default: made }) }, topologies: { all: { all: "*" } } }),
  );
  shop = await at.start();
  const pool = connections();
  const database = pool.database(at.url("orders"), { name: "history" });
  for (const [id, state] of [
    ["rich", "done"],
    ["poor", "refused"],
    ["slow", "running"],
  ] as const) {
    await shop.call(orders.place, { id });
    const left = async () =>
      (await at.sql("orders")`select state, worker from kerf.saga where id = ${id}`)[0];
    await vi.waitFor(async () => expect(await left()).toEqual({ state, worker: null }), { timeout: 10_000 });
    const tx = database.open({ deadlineAt: Date.now() + 5_000, readOnly: true });
    const history = await readHistory(tx.run, postgresJournal, "checkout", id);
    await tx.rollback();
    // As a file keeps it.
    histories.set(id, JSON.parse(JSON.stringify(history)) as SagaHistory);
  }
  await pool.close();
});
afterAll(() => at?.[Symbol.asyncDispose]());

const replayed = (code: AnySaga, id: string) => replayHistory(code, histories.get(id)!);

test.each(["rich", "poor", "slow"])(
  "the code that made a history (%s) still does what is recorded",
  async (id) => {
    expect(await replayed(checkout, id)).toEqual({ state: "same" });
  },
);

type Run = Parameters<typeof saga<"checkout", typeof Id, [typeof orders]>>[1]["run"];
const other = (run: Run) => saga("checkout", { ...spec, run });
const changed: readonly [string, AnySaga, string, RegExp][] = [
  [
    "another input of a step",
    other(async ({ id }, { step, ask }) => {
      await ask("price", orders.price, { id: `${id}!` });
      await step("confirm", orders.confirm, { id }, { final: true });
    }),
    "rich",
    /its step "price" is not what was recorded/,
  ],
  [
    "a step that is not reached any more",
    other(async ({ id }, { ask }) => void (await ask("price", orders.price, { id }))),
    "rich",
    /its recorded step "[^"]+" was not reached/,
  ],
  [
    "a step more at the end",
    saga("checkout", {
      ...spec,
      async run({ id }, { step, ask, all, now }) {
        const { pence } = await ask("price", orders.price, { id });
        await now();
        await all([
          () => step("reserve", orders.reserve, { id }, undo(id)),
          () => step("charge", orders.charge, { id, pence }, { undo: [orders.refund, { id }] }),
        ]);
        await step("confirm", orders.confirm, { id }, { final: true });
        await step("confirm twice", orders.confirm, { id }, { final: true });
      },
    }),
    "rich",
    /it calls orders@1\.confirm, which is not recorded, and it had ended/,
  ],
  [
    "a step more before those that are recorded",
    other(async ({ id }, { step }) => {
      await step("reserve first", orders.reserve, { id }, undo(id));
    }),
    "slow",
    /it calls orders@1\.reserve, which is not recorded, before its recorded step "price"/,
  ],
];
test.each(changed)("%s is told, with its place", async (_what, code, id, reason) => {
  expect(await replayed(code, id)).toEqual({
    state: "diverged",
    reason: expect.stringMatching(reason) as string,
  });
});
