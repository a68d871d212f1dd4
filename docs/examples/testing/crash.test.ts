import { crashSafely } from "@kerf/testing";
import { expect, test } from "vitest";
import { shows } from "../contracts/contract.ts";
import app from "../kerf.config.ts";
import { bookings } from "../sagas/contract.ts";

const hamlet = { show: "hamlet", title: "Hamlet", seats: 3 };
const booking = { id: "b1", show: "hamlet", seats: 2, pence: 4_000 };

// #region crash
test("a booking survives a crash in the middle of its saga", { timeout: 240_000 }, async () => {
  await crashSafely(app, {
    config: new URL("../kerf.config.ts", import.meta.url),
    points: ["saga.step.called"],
    run: async (box) => {
      await box.call(shows.announce, hamlet);
      await box.call(bookings.place, booking);
    },
    check: async (box) => {
      expect(await box.call(bookings.booking, { id: "b1" })).toMatchObject({ state: "confirmed" });
      expect((await box.call(shows.seats, { show: "hamlet" })).left).toBe(1);
    },
  });
});
// #endregion
