import { StatusError } from "kerf";
import { expect, test } from "vitest";
import { waitUntil } from "./wait.ts";

const forever = new AbortController().signal;

test("waiting ends as soon as it has ended", async () => {
  let asked = 0;
  const began = Date.now();
  await waitUntil(async () => ({ ended: ++asked === 3 }), 20_000, forever);
  expect(asked).toBe(3);
  expect(Date.now() - began).toBeLessThan(10_000);
});

test("there is nothing to wait for where there is none", async () => {
  let asked = 0;
  await waitUntil(async () => (asked++, {}), 20_000, forever);
  expect(asked).toBe(1);
});

test("a question that fails is asked again", async () => {
  let asked = 0;
  const state = async () => {
    if (++asked < 3) throw new StatusError("UNAVAILABLE", "no connection is free");
    return { ended: true };
  };
  await waitUntil(state, 20_000, forever);
  expect(asked).toBe(3);
});

test("waiting ends when the time is over, and asks more and more seldom", async () => {
  let asked = 0;
  const began = Date.now();
  await waitUntil(async () => (asked++, { ended: false }), 300, forever);
  expect(Date.now() - began).toBeGreaterThanOrEqual(290);
  expect(asked).toBeGreaterThan(1);
  expect(asked).toBeLessThan(15);
});

test("without a time it does not even ask", async () => {
  let asked = 0;
  await waitUntil(async () => (asked++, { ended: false }), 0, forever);
  expect(asked).toBe(0);
});

test("waiting ends when the caller goes away", async () => {
  const caller = new AbortController();
  const waiting = waitUntil(async () => ({ ended: false }), 20_000, caller.signal);
  caller.abort();
  await expect(waiting).rejects.toThrow("aborted");
});
