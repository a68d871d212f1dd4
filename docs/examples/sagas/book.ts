import { saga } from "kerf";
import { z } from "zod";
import { shows } from "../contracts/contract.ts";
import { till } from "../services/till/contract.ts";
import { bookings } from "./contract.ts";

// #region saga
export const book = saga("book", {
  version: 1,
  input: z.object({ id: z.string(), show: z.string(), seats: z.int(), pence: z.int() }),
  uses: [shows, till, bookings],
  waits: [{ event: bookings.approved, correlate: "id" }],
  async run({ id, show, seats, pence }, { step, waitFor }) {
    const release = [shows.release, { booking: id }] as const;
    await step("reserve", shows.reserve, { show, booking: id, seats }, { undo: release });
    if (seats > 5) {
      const approval = await waitFor("approval", bookings.approved, { within: "2d" });
      if (approval === undefined) throw new Error("nobody approved it in two days");
    }
    const refund = [till.refund, { booking: id, pence }] as const;
    await step("charge", till.charge, { booking: id, pence }, { undo: refund });
    await step("confirm", bookings.settle, { id, state: "confirmed" }, { final: true });
  },
  async refused({ input, error }, { step }) {
    await step("refuse", bookings.settle, { id: input.id, state: "refused", reason: error.code });
  },
});
// #endregion
