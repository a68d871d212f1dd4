import { command, contract, event, query } from "kerf";
import { z } from "zod";

export const waiting = contract("waiting", {
  version: 1,
  join: command({ input: z.object({ guest: z.string(), forMs: z.int().min(0) }) }),
  length: query({ output: z.object({ guests: z.int() }) }),
  gaveUp: event({ data: z.object({ guest: z.string() }), key: "guest" }),
});
