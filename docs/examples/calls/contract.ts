import { command, contract, query } from "kerf";
import { z } from "zod";

export const programme = contract("programme", {
  version: 1,
  poster: query({
    input: z.object({ show: z.string().max(40) }),
    output: z.object({ text: z.string() }),
  }),
  opening: query({
    access: "public",
    http: "GET /opening/:day",
    input: z.object({ day: z.enum(["weekday", "sunday"]) }),
    output: z.object({ opensAt: z.string() }),
    errors: { Shut: z.object({ until: z.string() }) },
  }),
  openSeason: command({ input: z.object({ year: z.int() }) }),
});
