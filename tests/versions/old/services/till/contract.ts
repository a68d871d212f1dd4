import { command, contract, event } from "kerf";
import { z } from "zod";

export const till = contract("till", {
  version: 1,
  sell: command({ input: z.object({ sku: z.string(), n: z.int() }) }),
  sold: event({ data: z.object({ sku: z.string(), n: z.int() }), key: "sku" }),
});
