import { describe as suite, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { adapt, command, contract, contractsServed, describe, event, query, service } from "./index.ts";

const old = contract("catalog", {
  version: 1,
  product: query({
    input: z.object({ sku: z.string(), limit: z.int().optional() }),
    output: z.object({ name: z.string(), note: z.string().optional() }),
  }),
  same: query({ input: z.object({ sku: z.string() }), output: z.object({ left: z.int() }) }),
  add: command({ input: z.object({ sku: z.string() }), errors: { Full: z.object({ most: z.int() }) } }),
  added: event({ data: z.object({ sku: z.string(), pence: z.int() }), key: "sku" }),
});
const current = contract("catalog", {
  version: 3,
  product: query({
    input: z.object({ sku: z.string(), pageSize: z.int().optional() }),
    output: z.object({ name: z.string(), remark: z.string().optional() }),
  }),
  same: query({
    input: z.object({ sku: z.string(), more: z.int().default(1) }),
    output: z.object({ left: z.int(), held: z.int() }),
  }),
  put: command({
    input: z.object({ sku: z.string(), shelf: z.string() }),
    errors: { Full: z.object({ most: z.int() }), Locked: z.object({ by: z.string() }) },
  }),
  stored: event({ data: z.object({ sku: z.string(), price: z.int() }), key: "sku" }),
});
const product = {
  input: ({ sku, limit }: { sku: string; limit?: number | undefined }) => ({ sku, pageSize: limit ?? 10 }),
  output: ({ name, remark }: { name: string; remark?: string | undefined }) => ({ name, note: remark ?? "" }),
};
const add = {
  now: "put",
  input: ({ sku }: { sku: string }) => ({ sku, shelf: "a" }),
  errors: { Locked: "ABORTED" },
} as const;
const added = {
  now: "stored",
  data: ({ sku, price }: { sku: string; price: number }) => ({ sku, pence: price }),
} as const;

suite("adapt", () => {
  test("needs nothing for members that kept their name and shape, and knows the types of the others", () => {
    const made = adapt(old, current, {
      product: {
        input: (asked) => {
          expectTypeOf(asked).toEqualTypeOf<{ sku: string; limit?: number | undefined }>();
          return { sku: asked.sku };
        },
        output: (reply, asked) => {
          expectTypeOf(reply.remark).toEqualTypeOf<string | undefined>();
          return { name: `${reply.name} ${asked.sku}` };
        },
      },
      add: {
        now: "put",
        input: (asked) => {
          expectTypeOf(asked).toEqualTypeOf<{ sku: string }>();
          return { sku: asked.sku, shelf: "a" };
        },
        errors: {
          Locked: (data) => {
            expectTypeOf(data).toEqualTypeOf<{ by: string }>();
            return { code: "Full", data: { most: 1 } };
          },
        },
      },
      added: {
        now: "stored",
        data: (fact) => (fact.price < 0 ? undefined : { sku: fact.sku, pence: fact.price }),
      },
    });
    expect([...made.calls].map(([name, { current: now }]) => `${name} ${now.id}`)).toEqual([
      "product catalog@3.product",
      "same catalog@3.same",
      "add catalog@3.put",
    ]);
    expect(made.events.get("added")).toMatchObject({ current: { id: "catalog@3.stored" } });
  });

  test("lets a service serve both", () => {
    const answer = async (): Promise<never> => Promise.reject(new Error("unused"));
    const handle = { product: answer, same: answer, put: answer };
    const both = service(current, {}, { handle, older: [adapt(old, current, { product, add, added })] });
    expect(contractsServed(both).map((each) => describe(each).id)).toEqual(["catalog@3", "catalog@1"]);
    const other = contract("catalog", { version: 4, same: current.same && query({}) });
    expect(() =>
      // @ts-expect-error -- it is adapted to catalog@3
      service(other, {}, { handle: { same: answer }, older: [adapt(old, current, { product, add, added })] }),
    ).toThrow("service(catalog).older: adapts catalog@1 to another contract. Adapt it to catalog@4 at once.");
  });

  test("is refused by the compiler, and at start, where something is missing or wrong", () => {
    // @ts-expect-error -- add and added have other names
    expect(() => adapt(old, current, { product })).toThrow(
      'adapt(catalog@1, catalog@3).add: catalog@3 has no command "add". Say what it is now: { now: … }, one of put.',
    );
    // @ts-expect-error -- there is no member "prodct"
    expect(() => adapt(old, current, { prodct: product, product, add, added })).toThrow(
      'Did you mean "product"',
    );
    // @ts-expect-error -- its input is another
    adapt(old, current, { product, add: { now: "put", errors: { Locked: "ABORTED" } }, added });
    // @ts-expect-error -- a field of its input would be lost
    adapt(old, current, { product: { output: product.output }, add, added });
    // @ts-expect-error -- a field of its output would never be there
    adapt(old, current, { product: { input: product.input }, add, added });
    // @ts-expect-error -- the old version has no error Locked
    expect(() => adapt(old, current, { product, add: { now: "put", input: add.input }, added })).toThrow(
      'adapt(catalog@1, catalog@3).add.errors: does not say what "Locked" of today was. Add errors: { Locked: … }.',
    );
    const gone = { Locked: () => ({ code: "Gone", data: {} }) } as const;
    // @ts-expect-error -- nor an error Gone
    adapt(old, current, { product, add: { ...add, errors: gone }, added });
    // @ts-expect-error -- a price is no text
    adapt(old, current, { product, add, added: { now: "stored", data: ({ sku }) => ({ sku, pence: "1" }) } });
    // @ts-expect-error -- "put" is no query
    expect(() => adapt(old, current, { product: { ...product, now: "put" }, add, added })).toThrow(
      "catalog@3.put is of the kind command",
    );
    // @ts-expect-error -- a reason is text
    expect(() => adapt(old, current, { product, add, added: { never: true } })).toThrow("gives no reason");
    expect(() => adapt(current, old, {} as never)).toThrow("no earlier version");
  });

  test("may end an event, with a reason", () => {
    const made = adapt(old, current, { product, add, added: { never: "nobody wants to know" } });
    expect(made.events.get("added")).toMatchObject({ never: "nobody wants to know" });
  });
});
