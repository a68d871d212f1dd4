import { command, contract, event, query, when } from "kerf";
import { z } from "zod";

const Sku = z.object({ sku: z.string() });
const Price = z.object({ sku: z.string(), pence: z.int(), tags: z.array(z.string()) });
const priceChanged = event({ data: z.object({ sku: z.string(), pence: z.int() }), key: "sku" });
/** A contract with a query for each thing that a cache does. */
export const shelf = contract("shelf", {
  version: 1,
  priceChanged,
  price: query({
    http: "GET /prices/:sku",
    access: "public",
    input: Sku,
    output: Price,
    errors: { NoSuchSku: Sku },
    cache: { ttl: "1h", invalidate: [when(priceChanged, { sku: "sku" })], errors: "1h" },
  }),
  count: query({
    input: Sku,
    output: z.object({ runs: z.int() }),
    cache: { ttl: "400ms", stale: "1h", per: "everyone" },
  }),
  mine: query({
    http: "GET /mine",
    access: "user",
    output: z.object({ who: z.string() }),
    cache: { ttl: "1h" },
  }),
  anyones: query({
    http: "GET /anyones",
    access: "public",
    output: z.object({ who: z.string(), caller: z.string(), via: z.string() }),
    cache: { ttl: "1h" },
  }),
  partial: query({
    input: Sku,
    output: z.object({ part: z.string() }),
    cache: { ttl: "1h" },
  }),
  setPrice: command({ input: z.object({ sku: z.string(), pence: z.int() }) }),
});
