import { command, contract, event, query } from "kerf";
import { z } from "zod";

const Id = z.object({ id: z.string().min(1).max(60) });

export const bookings = contract("bookings", {
  version: 1,
  place: command({
    input: Id.extend({ show: z.string(), seats: z.int().min(1).max(10), pence: z.int().min(1) }),
  }),
  approve: command({ input: Id }),
  settle: command({
    input: Id.extend({ state: z.enum(["confirmed", "refused"]), reason: z.string().default("") }),
  }),
  booking: query({
    input: Id,
    output: z.object({
      state: z.enum(["none", "pending", "confirmed", "refused", "unknown"]),
      reason: z.string(),
    }),
  }),
  approved: event({ data: Id, key: "id" }),
});
