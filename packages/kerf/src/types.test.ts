import { describe as suite, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  command,
  contract,
  event,
  every,
  failed,
  needs,
  on,
  optional,
  query,
  required,
  saga,
  service,
  twoPhase,
  type Gather,
  type Handler,
  type Outcome,
} from "./index.ts";

const Line = z.object({ sku: z.string(), quantity: z.int().default(1) });
const catalog = contract("catalog", {
  version: 1,
  product: query({
    input: z.object({ sku: z.string() }),
    output: z.object({ name: z.string(), pence: z.int() }),
  }),
  rename: command({ input: z.object({ sku: z.string(), name: z.string() }) }),
  renamed: event({ data: z.object({ sku: z.string(), name: z.string() }), key: "sku" }),
});
const inventory = contract("inventory", {
  version: 2,
  stock: query({ input: z.object({ sku: z.string() }), output: z.object({ left: z.int() }) }),
  reserve: command({
    input: z.object({ orderId: z.string(), lines: z.array(Line) }),
    output: z.object({ held: z.int() }),
    errors: { OutOfStock: z.object({ sku: z.string(), left: z.int() }) },
  }),
  release: command({ input: z.object({ orderId: z.string() }) }),
  depleted: event({ data: z.object({ sku: z.string() }), key: "sku" }),
});
const payments = contract("payments", {
  version: 1,
  charge: command({ input: z.object({ pence: z.int() }) }),
});

const migrations = new URL("./migrations/", import.meta.url);
const wants = needs({ database: { migrations }, uses: [catalog] });

const Renamed = z.object({ userId: z.string(), names: z.array(z.string()) });
const Former = z.object({ user: z.string(), name: z.string(), nick: z.string().default("") });

// Messages of earlier versions: `to` takes what the old schema gives, and gives what an emitter would.
const upcasts = () => [
  event({
    data: Renamed,
    key: "userId",
    earlier: {
      1: {
        data: Former,
        to: (old) => {
          expectTypeOf(old).toEqualTypeOf<{ user: string; name: string; nick: string }>();
          return { userId: old.user, names: [old.name] };
        },
      },
      2: {
        name: "called",
        data: z.object({ userId: z.string() }),
        to: ({ userId }) => ({ userId, names: [] }),
      },
    },
  }),
  event({
    data: Renamed,
    key: "userId",
    // @ts-expect-error names are missing
    earlier: { 1: { data: Former, to: (old) => ({ userId: old.user }) } },
  }),
  event({
    data: Renamed,
    key: "userId",
    // @ts-expect-error the old data has no userId
    earlier: { 1: { data: Former, to: ({ userId }) => ({ userId, names: [] }) } },
  }),
  command({
    input: Renamed,
    earlier: { 1: { input: Former, to: (old) => ({ userId: old.user, names: [] }) } },
  }),
  // @ts-expect-error an order has an input
  command({ input: Renamed, earlier: { 1: { data: Former, to: () => ({ userId: "", names: [] }) } } }),
];

// Handlers that are only checked by the compiler.
const withDatabase = () =>
  service(inventory, wants, {
    handle: {
      async stock({ sku }, { sql, call }) {
        expectTypeOf(sku).toEqualTypeOf<string>();
        const product = await call(catalog.product, { sku });
        expectTypeOf(product).toEqualTypeOf<{ name: string; pence: number }>();
        const [row] = await sql<{ left: number }>`select 1 as left`;
        return { left: row!.left };
      },
      async reserve({ lines }, { call, emit, send, fail, start }) {
        expectTypeOf(lines[0]!.quantity).toEqualTypeOf<number>();
        // @ts-expect-error a handler that owns a transaction may not call a command
        await call(catalog.rename, { sku: "a", name: "b" });
        // @ts-expect-error payments is not in uses
        await call(payments.charge, { pence: 1 });
        // @ts-expect-error another service's event
        emit(catalog.renamed, { sku: "a", name: "b" });
        emit(inventory.depleted, { sku: "a" });
        // @ts-expect-error the event's data
        emit(inventory.depleted, { sku: 1 });
        send(catalog.rename, { sku: "a", name: "b" });
        // @ts-expect-error not in uses
        send(payments.charge, { pence: 1 });
        // @ts-expect-error a query cannot be sent
        send(catalog.product, { sku: "a" });
        start(checkout, { orderId: "1" }, { id: "1" });
        // @ts-expect-error the saga's input
        start(checkout, { orderId: 1 }, { id: "1" });
        // @ts-expect-error an undeclared code
        if (lines.length > 3) throw fail("Nope", {});
        // @ts-expect-error the data of the code
        if (lines.length > 2) throw fail("OutOfStock", { sku: "a" });
        if (lines.length > 1) throw fail("OutOfStock", { sku: "a", left: 0 });
        return { held: 1 };
      },
      release: twoPhase(
        async ({ orderId }, { id, call }) => {
          expectTypeOf(orderId).toEqualTypeOf<string>();
          expectTypeOf(id).toEqualTypeOf<string>();
          await call(catalog.product, { sku: "a" });
          return { reference: 7 };
        },
        async (_input, { prepared, sql }) => {
          expectTypeOf(prepared).toEqualTypeOf<{ reference: number }>();
          await sql`select 1`;
          return {};
        },
      ),
    },
    react: [
      on(catalog.renamed, async ({ sku, name }, { sql, emit, call }) => {
        expectTypeOf(name).toEqualTypeOf<string>();
        await sql`update x set name = ${name}`;
        emit(inventory.depleted, { sku });
        await call(catalog.product, { sku });
        // @ts-expect-error not in uses
        await call(payments.charge, { pence: 1 });
      }),
      on(
        inventory.depleted,
        async ({ sku }, { sql, emit, call, id }) => {
          expectTypeOf(id).toEqualTypeOf<string>();
          await sql`delete from x where sku = ${sku}`;
          // @ts-expect-error what may be replayed states nothing
          emit(inventory.depleted, { sku });
          // @ts-expect-error nor does it ask
          await call(catalog.product, { sku });
        },
        { replayable: { tables: ["x"] } },
      ),
    ],
    schedule: [
      every("1m", "sweep", async ({ sql }) => {
        await sql`select 1`;
      }),
    ],
    sagas: [checkout],
  });

const wrongOutputs = () =>
  service(inventory, wants, {
    handle: {
      // @ts-expect-error the reply does not fit the contract
      async stock() {
        return { left: "none" };
      },
      async reserve() {
        return { held: 1 };
      },
      async release() {
        return {};
      },
    },
  });

const withoutDatabase = () =>
  service(
    payments,
    { uses: [inventory] },
    {
      handle: {
        async charge(_input, context) {
          await context.call(inventory.release, { orderId: "1" });
          // @ts-expect-error no database, no sql
          void context.sql;
          // @ts-expect-error no database, no outbox
          void context.emit;
          return {};
        },
      },
    },
  );

const reactsWithoutDatabase = () =>
  service(
    payments,
    {},
    {
      handle: {
        async charge() {
          return {};
        },
      },
      // @ts-expect-error no database, no inbox
      react: [on(catalog.renamed, async () => {})],
    },
  );

const stock: Handler<typeof inventory.stock, typeof wants> = async ({ sku }, { sql }) => {
  expectTypeOf(sku).toEqualTypeOf<string>();
  await sql`select 1`;
  return { left: 1 };
};

const checkout = saga("checkout", {
  version: 1,
  input: z.object({ orderId: z.string() }),
  uses: [inventory],
  async run({ orderId }, { step, ask }) {
    const reserved = await step(
      "reserve",
      inventory.reserve,
      { orderId, lines: [{ sku: "a" }] },
      { undo: [inventory.release, { orderId }] },
    );
    expectTypeOf(reserved).toEqualTypeOf<{ held: number }>();
    await step(
      "again",
      inventory.reserve,
      { orderId, lines: [] },
      { undo: [inventory.release, (output) => ({ orderId: String(output.held) })] },
    );
    // @ts-expect-error the step's input
    await step("wrong", inventory.release, { orderId: 1 });
    await step(
      "wrong undo",
      inventory.release,
      { orderId },
      {
        // @ts-expect-error the undo's input
        undo: [inventory.release, { order: orderId }],
      },
    );
    // @ts-expect-error payments is not in uses
    await step("pay", payments.charge, { pence: 1 });
    // @ts-expect-error a query is asked, not a step
    await step("look", inventory.stock, { sku: "a" });
    await ask("look", inventory.stock, { sku: "a" });
    await step("last", inventory.release, { orderId }, { final: true });
  },
  async refused({ input, error }, { step }) {
    await step("tell", inventory.release, { orderId: input.orderId + error.code });
  },
});

suite("the types of declarations", () => {
  test("hold what the declarations promise", () => {
    expectTypeOf([upcasts, withDatabase, wrongOutputs, withoutDatabase, reactsWithoutDatabase]).toBeArray();
    expectTypeOf(stock).toBeFunction();
    expectTypeOf(inventory.reserve.id).toEqualTypeOf<"inventory@2.reserve">();
    const error: unknown = undefined;
    if (failed(error, inventory.reserve, "OutOfStock"))
      expectTypeOf(error.data).toEqualTypeOf<{ sku: string; left: number }>();
    // @ts-expect-error http needs access
    void (() => contract("open", { version: 1, all: query({ http: "GET /all" }) }));
    // @ts-expect-error a key that is not in the data
    void (() => event({ data: z.object({ sku: z.string() }), key: "id" }));
    // @ts-expect-error a misspelt access
    void (() => query({ http: "GET /all", access: "pulbic" }));
  });
});

suite("gathered parts", () => {
  const found = (gather: Gather) =>
    gather({
      product: async () => ({ name: "Heart" }),
      stock: optional(async () => 7),
      alike: optional(async () => ["H2"], { within: "200ms", otherwise: undefined }),
      price: required(async (within) => within.timeoutMs, { within: "1s" }),
    });

  test("have the types of their answers, and of what stands for them", () => {
    type Found = Awaited<ReturnType<typeof found>>;
    expectTypeOf<Found["product"]>().toEqualTypeOf<{ name: string }>();
    expectTypeOf<Found["stock"]>().toEqualTypeOf<Outcome<number>>();
    expectTypeOf<Found["alike"]>().toEqualTypeOf<string[] | undefined>();
    expectTypeOf<Found["price"]>().toEqualTypeOf<number>();
  });
});
