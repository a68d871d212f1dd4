import { contract, query } from "kerf";
import { z } from "zod";

export const popularity = contract("popularity", {
  version: 1,
  seatsSold: query({ input: z.object({ show: z.string() }), output: z.object({ seats: z.int() }) }),
});
