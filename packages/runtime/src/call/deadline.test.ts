import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { bounded, deadlineSignal } from "./deadline.ts";

afterEach(() => vi.restoreAllMocks());

const never = (): Promise<never> => new Promise(() => {});
const elapsed = (since: number): number => performance.now() - since;

describe("a deadline", () => {
  test("rejects work that has not settled, no sooner and at most a moment later", async () => {
    const since = performance.now();
    await expect(bounded(processClock, never(), Date.now() + 60, "it")).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    expect(elapsed(since)).toBeGreaterThanOrEqual(59);
    expect(elapsed(since)).toBeLessThan(400);
  });

  test("lets work through that settles before, and its failure", async () => {
    expect(await bounded(processClock, Promise.resolve(7), Date.now() + 1_000, "it")).toBe(7);
    await expect(
      bounded(processClock, Promise.reject(new Error("x")), Date.now() + 1_000, "it"),
    ).rejects.toThrow("x");
  });

  test.each([-600_000, 600_000])("is not moved by a clock that steps by %i ms", async (step) => {
    const real = Date.now;
    const since = performance.now();
    const early = bounded(processClock, never(), Date.now() + 100, "before the step").catch(() =>
      elapsed(since),
    );
    await sleep(30);
    vi.spyOn(Date, "now").mockImplementation(() => real() + step);
    await sleep(40);
    const late = bounded(processClock, never(), Date.now() + 100, "after the step").catch(() =>
      elapsed(since),
    );
    expect(await early).toBeGreaterThanOrEqual(95);
    expect(await early).toBeLessThan(500);
    expect(await late).toBeGreaterThanOrEqual(165);
    expect(await late).toBeLessThan(600);
  });

  test("that is forgotten does not expire; one that has passed expires at once", async () => {
    const expired: string[] = [];
    processClock.deadline(Date.now() + 20, () => expired.push("forgotten")).forget();
    processClock.deadline(Date.now() - 5_000, () => expired.push("past"));
    await expect.poll(() => expired).toEqual(["past"]);
    await sleep(60);
    expect(expired).toEqual(["past"]);
  });

  test("as a signal aborts with its parent, and its disposer ends the watch", async () => {
    const parent = new AbortController();
    const follows = deadlineSignal(processClock, Date.now() + 10_000, parent.signal);
    parent.abort(new Error("the caller left"));
    expect((follows.signal.reason as Error).message).toBe("the caller left");
    const ended = deadlineSignal(processClock, Date.now() + 20, undefined);
    ended.dispose();
    await sleep(60);
    expect(ended.signal.aborted).toBe(false);
  });
});
