import { command, contract } from "kerf";
import { z } from "zod";

const Booking = z.object({ booking: z.string().max(60), pence: z.int().min(1) });

export const till = contract("till", {
  version: 1,
  charge: command({
    input: Booking,
    output: z.object({ reference: z.string() }),
    errors: { Declined: z.object({ reason: z.string() }) },
  }),
  refund: command({ input: Booking }),
});
