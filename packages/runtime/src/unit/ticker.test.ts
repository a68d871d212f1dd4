import { expect, onTestFinished, test } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { Ticker } from "./ticker.ts";

test("who is asked to look while it looks looks again: what is new may not have been there yet", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const looks: number[] = [];
  let looking: Promise<undefined> | undefined;
  const look = async (): Promise<undefined> => {
    looks.push(performance.now());
    if (looks.length === 1) await held;
  };
  // Once at a time, as a service does.
  const host = { name: "news", tick: () => (looking ??= look().finally(() => (looking = undefined))) };
  const ticker = new Ticker([host], 60_000, 180_000, processClock, () => {});
  onTestFinished(() => ticker.stop());
  ticker.start();
  await expect.poll(() => looks.length).toBe(1);
  ticker.hurry("news", 0);
  // Longer than the ticker lets pass where something is due.
  await new Promise<void>((resolve) => void processClock.after(30, resolve));
  expect(looks).toHaveLength(1);
  release();
  await expect.poll(() => looks.length, { timeout: 5_000 }).toBe(2);
});
