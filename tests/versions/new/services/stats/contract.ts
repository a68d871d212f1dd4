import { command, contract } from "kerf";
import { z } from "zod";

export const stats = contract("stats", {
  version: 1,
  remark: command({
    input: z.object({ article: z.string(), text: z.string() }),
    earlier: {
      1: {
        input: z.object({ sku: z.string(), text: z.string() }),
        to: ({ sku, text }) => ({ article: sku, text }),
      },
    },
  }),
  watch: command({ input: z.object({ sku: z.string() }) }),
  watched: command({ input: z.object({ sku: z.string(), n: z.int() }) }),
});
