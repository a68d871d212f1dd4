import { expect, test } from "vitest";
import { waitUntil } from "./wait.ts";

const forever = new AbortController().signal;

test("waiting ends as soon as it has ended", async () => {
  let asked = 0;
  const began = Date.now();
  await waitUntil(async () => ++asked === 3, 5_000, forever);
  expect(asked).toBe(3);
  expect(Date.now() - began).toBeLessThan(1_000);
});

test("waiting ends when the time is over, and asks more and more seldom", async () => {
  let asked = 0;
  const began = Date.now();
  await waitUntil(async () => (asked++, false), 300, forever);
  const took = Date.now() - began;
  expect(took).toBeGreaterThanOrEqual(290);
  expect(asked).toBeGreaterThan(3);
  expect(asked).toBeLessThan(15);
});

test("without a time it does not even ask", async () => {
  let asked = 0;
  await waitUntil(async () => (asked++, false), 0, forever);
  expect(asked).toBe(0);
});

test("waiting ends when the caller goes away", async () => {
  const caller = new AbortController();
  const waiting = waitUntil(async () => false, 5_000, caller.signal);
  caller.abort();
  await expect(waiting).rejects.toThrow("aborted");
});
