import { command, contract, event } from "kerf";
import { z } from "zod";

/** `sold` was the name of `recorded`, and `sku` that of `article`. */
export const till = contract("till", {
  version: 1,
  sell: command({ input: z.object({ sku: z.string(), n: z.int(), note: z.string().optional() }) }),
  recorded: event({
    data: z.object({ article: z.string(), n: z.int(), note: z.string().optional() }),
    key: "article",
    earlier: {
      1: {
        name: "sold",
        data: z.object({ sku: z.string(), n: z.int() }),
        to: ({ sku, n }) => ({ article: sku, n }),
      },
    },
  }),
  voided: event({ data: z.object({ article: z.string(), n: z.int() }), key: "article" }),
});
