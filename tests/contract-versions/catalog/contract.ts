import { command, contract, event, query, stream } from "kerf";
import { z } from "zod";

const Sku = z.string().min(1).max(40);

// #region v1
/** What callers of last year know. */
export const catalogV1 = contract("catalog", {
  version: 1,
  product: query({
    http: "GET /products/:sku",
    access: "public",
    input: z.object({ sku: Sku }),
    output: z.object({ sku: z.string(), name: z.string(), pence: z.int() }),
    errors: { NoSuchProduct: z.object({ sku: z.string() }) },
  }),
  add: command({
    http: "POST /products",
    access: "public",
    input: z.object({ sku: Sku, name: z.string(), pence: z.int() }),
    output: z.object({ sku: z.string() }),
    errors: { Exists: z.object({ sku: z.string() }) },
  }),
  count: query({ http: "GET /count", access: "public", output: z.object({ products: z.int() }) }),
  prices: stream({
    http: "GET /products/:sku/prices",
    access: "public",
    input: z.object({ sku: Sku }),
    output: z.object({ pence: z.int() }),
    errors: { NoSuchProduct: z.object({ sku: z.string() }) },
  }),
  added: event({ data: z.object({ sku: z.string(), pence: z.int() }), key: "sku" }),
  renamed: event({ data: z.object({ sku: z.string() }), key: "sku" }),
});
// #endregion

const Price = z.object({ amount: z.int(), currency: z.string().length(3).default("GBP") });

// #region v2
/** Prices have a currency now, a product is an item, and what is not for sale is refused as such. */
export const catalog = contract("catalog", {
  version: 2,
  item: query({
    http: "GET /items/:sku",
    access: "public",
    input: z.object({ sku: Sku }),
    output: z.object({ sku: z.string(), title: z.string(), price: Price }),
    errors: { NoSuchItem: z.object({ sku: z.string() }) },
  }),
  add: command({
    http: "POST /items",
    access: "public",
    input: z.object({ sku: Sku, title: z.string(), price: Price }),
    output: z.object({ sku: z.string() }),
    errors: {
      Exists: z.object({ sku: z.string(), title: z.string() }),
      Forbidden: z.object({ why: z.string() }),
    },
  }),
  count: query({ http: "GET /count", access: "public", output: z.object({ products: z.int() }) }),
  prices: stream({
    http: "GET /items/:sku/prices",
    access: "public",
    input: z.object({ sku: Sku }),
    output: z.object({ price: Price }),
    errors: { NoSuchItem: z.object({ sku: z.string() }) },
  }),
  added: event({ data: z.object({ sku: z.string(), price: Price }), key: "sku" }),
});
// #endregion
