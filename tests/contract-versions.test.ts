import { failed } from "kerf";
import { rig, type Mode, type Rig } from "@kerf/testing";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import app from "./contract-versions/app.ts";
import { catalog, catalogV1 } from "./contract-versions/catalog/contract.ts";
import { shelf } from "./contract-versions/shelf/contract.ts";

const modes: Mode[] = ["local", "serialised", "units", "processes"];

describe.each(modes)("two versions of a contract, %s", (mode) => {
  let shelves: Rig;
  let n = 0;
  const sku = (): string => `${mode}-${++n}`;
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      (value) => expect.fail(`it succeeded with ${JSON.stringify(value)}`),
      (error: unknown) => error,
    );
  beforeAll(async () => {
    shelves = await rig(app, { mode, config: new URL("./contract-versions/app.ts", import.meta.url) });
  });
  afterAll(() => shelves?.stop());

  test("are served by one service: what one adds, the other finds in its own form", async () => {
    const [a, b] = [sku(), sku()];
    expect(await shelves.call(catalogV1.add, { sku: a, name: "Lamp", pence: 250 })).toEqual({ sku: a });
    expect(await shelves.call(catalog.item, { sku: a })).toEqual({
      sku: a,
      title: "Lamp",
      price: { amount: 250, currency: "GBP" },
    });
    await shelves.call(catalog.add, { sku: b, title: "Clock", price: { amount: 900, currency: "EUR" } });
    expect(await shelves.call(catalogV1.product, { sku: b })).toEqual({ sku: b, name: "Clock", pence: 900 });
    expect(await shelves.call(shelf.label, { sku: b })).toEqual({ text: "Clock 900 EUR" });
    const used = (await shelves.status()).flatMap(({ versions = [] }) => versions);
    expect(used.find(({ member }) => member === catalogV1.product.id)?.callers).toMatchObject({ shelf: 1 });
    expect(used.map(({ member }) => member)).not.toContain(catalog.item.id);
    const { products } = await shelves.call(catalog.count, {});
    expect(await shelves.call(catalogV1.count, {})).toEqual({ products });
  });

  test("have their own errors: mapped, as they are, and as a status", async () => {
    const a = sku();
    const missing = await failure(shelves.call(catalogV1.product, { sku: a }));
    expect(failed(missing, catalogV1.product, "NoSuchProduct") && missing.data).toEqual({ sku: a });
    expect(await shelves.call(shelf.label, { sku: a })).toEqual({ text: `no ${a}` });
    await shelves.call(catalog.add, { sku: a, title: "Lamp", price: { amount: 1 } });
    const exists = await failure(shelves.call(catalogV1.add, { sku: a, name: "Lamp", pence: 1 }));
    expect(failed(exists, catalogV1.add, "Exists") && exists.data).toEqual({ sku: a });
    const today = await failure(shelves.call(catalog.add, { sku: a, title: "Lamp", price: { amount: 1 } }));
    expect(failed(today, catalog.add, "Exists") && today.data).toEqual({ sku: a, title: "Lamp" });
    expect(
      await failure(shelves.call(catalogV1.add, { sku: sku(), name: "forbidden", pence: 1 })),
    ).toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });

  test("streams are followed in either form, and refused so", async () => {
    const a = sku();
    await shelves.call(catalog.add, { sku: a, title: "Lamp", price: { amount: 9 } });
    const old = await Array.fromAsync(shelves.watch(catalogV1.prices, { sku: a }));
    const today = await Array.fromAsync(shelves.watch(catalog.prices, { sku: a }));
    expect(old).toEqual([{ pence: 9 }, { pence: 8 }]);
    expect(today.map(({ price }) => price.amount)).toEqual([9, 8]);
    const missing = await failure(Array.fromAsync(shelves.watch(catalogV1.prices, { sku: sku() })));
    expect(failed(missing, catalogV1.prices, "NoSuchProduct")).toBe(true);
  });

  test("a command of the old version takes effect once for its id, and is recorded in the old form", async () => {
    const a = sku();
    const add = (pence: number) =>
      shelves.call(catalogV1.add, { sku: a, name: "Lamp", pence }, { id: `add ${a}` });
    expect(await add(5)).toEqual({ sku: a });
    expect(await add(5)).toEqual({ sku: a });
    expect(await failure(add(6))).toMatchObject({ code: "FAILED_PRECONDITION" });
    const sql = postgres(await shelves.databaseUrl("catalog"), { max: 1, fetch_types: false });
    const rows = await sql`select member from kerf.command where id = ${`add ${a}`}`.finally(() => sql.end());
    expect(rows.map((row) => row["member"])).toEqual(["catalog@1.add"]);
  });

  test("events reach subscribers of both, once each; orders to the old version are carried out", async () => {
    const a = sku();
    await shelves.call(shelf.order, { sku: a, name: "Lamp", pence: 7 });
    expect(await shelves.seen(catalogV1.added, { sku: a })).toEqual({ sku: a, pence: 7 });
    expect(await shelves.seen(catalog.added, { sku: a })).toEqual({
      sku: a,
      price: { amount: 7, currency: "GBP" },
    });
    await shelves.settled();
    expect(await shelves.call(shelf.seen, { sku: a })).toEqual({ versions: [1, 2] });
    expect(await shelves.call(catalogV1.product, { sku: a })).toMatchObject({ pence: 7 });
  });
});
