import { contract, query } from "kerf";
import { z } from "zod";

export const attendance = contract("attendance", {
  version: 1,
  expected: query({
    input: z.object({ show: z.string() }),
    output: z.object({ guests: z.int(), bookings: z.int() }),
  }),
});
