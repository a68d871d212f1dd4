import { command, contract } from "kerf";
import { z } from "zod";

export const desk = contract("desk", {
  version: 1,
  buy: command({
    http: "POST /purchases",
    access: "public",
    input: z.object({ isbn: z.string().max(13), copies: z.int().min(1).max(10) }),
    output: z.object({ order: z.string(), cents: z.int() }),
    errors: { SoldOut: z.object({ left: z.int() }) },
  }),
});
