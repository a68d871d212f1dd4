import { command, contract, query } from "kerf";
import { z } from "zod";

/** A service that knows both versions: it asks the old one, hears both, and orders by the old one. */
export const shelf = contract("shelf", {
  version: 1,
  label: query({ input: z.object({ sku: z.string() }), output: z.object({ text: z.string() }) }),
  seen: query({
    input: z.object({ sku: z.string() }),
    output: z.object({ versions: z.array(z.int()) }),
  }),
  order: command({ input: z.object({ sku: z.string(), name: z.string(), pence: z.int() }) }),
});
