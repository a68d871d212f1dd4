import { crashSafely } from "@kerf/testing";
import { expect, test } from "vitest";
import { shows } from "../contracts/contract.ts";
import app from "../kerf.config.ts";
import { bookings } from "../sagas/contract.ts";

const config = new URL("../kerf.config.ts", import.meta.url);

// #region crash
test("a booking survives a crash anywhere", { timeout: 300_000 }, async () => {
  await crashSafely(app, {
    config,
    run: async (box) => {
      await box.call(shows.announce, { show: "hamlet", title: "Hamlet", seats: 3 }, { id: "announce" });
      await box.call(bookings.place, { id: "b1", show: "hamlet", seats: 2, pence: 4_000 }, { id: "b1" });
    },
    check: async (box) => {
      expect(await box.call(bookings.booking, { id: "b1" })).toEqual({ state: "confirmed" });
      expect((await box.call(shows.seats, { show: "hamlet" })).left).toBe(1);
    },
  });
});
// #endregion
