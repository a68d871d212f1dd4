import { DeclaredError, StatusError, type StatusCode } from "kerf";
import { describe, expect, test } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { RetryBudget, withRetries } from "./retry.ts";

const signal = new AbortController().signal;
const soon = (): number => Date.now() + 5_000;
const status = (code: StatusCode, retryAfterMs?: number): StatusError =>
  new StatusError(code, "no", retryAfterMs === undefined ? {} : { retryAfterMs });

/** Fails with each in turn, then succeeds; says how often it was tried. */
async function tries(
  failures: Error[],
  budget = new RetryBudget(Date.now),
  deadlineAt = soon(),
): Promise<number> {
  let n = 0;
  await withRetries(
    async (retry) => {
      expect(retry).toBe(n > 0);
      const failure = failures[n++];
      if (failure) throw failure;
    },
    { clock: processClock, budget, deadlineAt, signal },
  ).catch(() => {});
  return n;
}

describe("a call that failed", () => {
  test("is tried three times where nothing may have happened or it may be repeated", async () => {
    const gone = status("UNAVAILABLE");
    expect(await tries([gone, gone, gone, gone])).toBe(3);
    expect(await tries([status("ABORTED")])).toBe(2);
    expect(await tries([status("RESOURCE_EXHAUSTED", 1)])).toBe(2);
  });

  test.each([
    status("INVALID_ARGUMENT"),
    status("NOT_FOUND"),
    status("DEADLINE_EXCEEDED"),
    status("INTERNAL"),
    status("RESOURCE_EXHAUSTED"),
    new DeclaredError("a@1.b", "No", {}),
  ])("is not tried again after %s", async (failure) => {
    expect(await tries([failure])).toBe(1);
  });

  test("is not tried again past its deadline, nor sooner than it was asked to wait", async () => {
    expect(await tries([status("RESOURCE_EXHAUSTED", 60_000)])).toBe(1);
    const since = performance.now();
    expect(await tries([status("RESOURCE_EXHAUSTED", 80)])).toBe(2);
    expect(performance.now() - since).toBeGreaterThanOrEqual(79);
  });
});

describe("the budget", () => {
  test("is 30 at first, and then a tenth of the calls and three a second", () => {
    let now = 0;
    const budget = new RetryBudget(() => now);
    const all = (): number => {
      let n = 0;
      while (budget.withdraw()) n++;
      return n;
    };
    expect(all()).toBe(30);
    for (let i = 0; i < 105; i++) budget.deposit();
    expect(all()).toBe(10);
    now += 2_000;
    expect(all()).toBe(6);
    now += 3_600_000;
    expect(all()).toBe(30);
  });

  test("is not lost when the clock steps back", () => {
    let now = 1_000_000;
    const budget = new RetryBudget(() => now);
    now -= 600_000;
    expect(budget.withdraw()).toBe(true);
    now += 1_000;
    expect(budget.withdraw()).toBe(true);
  });
});
