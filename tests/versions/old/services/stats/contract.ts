import { command, contract } from "kerf";
import { z } from "zod";

export const stats = contract("stats", {
  version: 1,
  remark: command({ input: z.object({ sku: z.string(), text: z.string() }) }),
  watch: command({ input: z.object({ sku: z.string() }) }),
  watched: command({ input: z.object({ sku: z.string(), n: z.int() }) }),
});
