import { recordHistory, replayHistory, rig, type SagaHistory } from "@kerf/testing";
import { expect, test } from "vitest";
import { shows } from "../contracts/contract.ts";
import app from "../kerf.config.ts";
import { book } from "../sagas/book.ts";
import { bookings } from "../sagas/contract.ts";
import recorded from "./booked.history.json" with { type: "json" };

// #region replay
test("bookings that were begun before this change go on as they began", async () => {
  expect(await replayHistory(book, recorded as SagaHistory)).toEqual({ state: "same" });
});
// #endregion

test("a history is recorded from the database of the saga's owner", async () => {
  await using box = await rig(app, { settings: { KERF_TILL_LIMIT_PENCE: "10000" } });
  await box.call(shows.announce, { show: "hamlet", title: "Hamlet", seats: 3 });
  await box.call(bookings.place, { id: "b1", show: "hamlet", seats: 2, pence: 4_000 });
  await box.settled();
  // #region record
  const history = await recordHistory(await box.databaseUrl("bookings"), book, "b1");
  // #endregion
  const names = (steps: SagaHistory["steps"]) =>
    steps.map((step) => `${step.name} ${step.member} ${step.state}`);
  expect(names(history.steps)).toEqual(names((recorded as SagaHistory).steps));
  expect(await replayHistory(book, history)).toEqual({ state: "same" });
});
