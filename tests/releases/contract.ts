import { command, contract, query } from "kerf";
import { z } from "zod";

const Item = z.object({ sku: z.string(), title: z.string(), by: z.string() });

export const catalog = contract("catalog", {
  version: 1,
  item: query({
    http: "GET /items/:sku",
    access: "public",
    input: z.object({ sku: z.string() }),
    output: Item,
  }),
  add: command({
    http: "POST /items",
    access: "public",
    input: z.object({ sku: z.string() }),
    output: z.object({ by: z.string() }),
  }),
});

/** Asks the catalog several times for one answer. */
export const shop = contract("shop", {
  version: 1,
  page: query({
    http: "GET /page/:sku",
    access: "public",
    input: z.object({ sku: z.string() }),
    output: z.object({ by: z.array(z.string()) }),
  }),
});
