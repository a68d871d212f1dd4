import { fake, rig } from "@kerf/testing";
import { expect, test } from "vitest";
import { shows } from "../contracts/contract.ts";
import app from "../kerf.config.ts";
import { bookings } from "../sagas/contract.ts";
import { till } from "../services/till/contract.ts";

// #region rig
const poor = fake(till, {
  charge: (_input, { fail }) => {
    throw fail("Declined", { reason: "no money" });
  },
});

test("a booking that cannot be paid gives its seats back", async () => {
  await using box = await rig(app, { run: ["shows", "bookings"], fakes: [poor] });
  await box.call(shows.announce, { show: "hamlet", title: "Hamlet", seats: 3 });
  await box.call(bookings.place, { id: "b1", show: "hamlet", seats: 2, pence: 4_000 });
  expect(await box.seen(shows.reserved, { booking: "b1" })).toMatchObject({ left: 1 });
  await box.settled();
  expect(await box.call(bookings.booking, { id: "b1" })).toEqual({ state: "refused", reason: "Declined" });
  expect((await box.call(shows.seats, { show: "hamlet" })).left).toBe(3);
});
// #endregion
