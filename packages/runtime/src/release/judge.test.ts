import { describe, expect, test } from "vitest";
import { createLog } from "../log/index.ts";
import { judge } from "./judge.ts";
import { readReleases, type ReleaseEntry } from "./release.ts";
import { manualClock } from "./testing.ts";
import { Trial } from "./trial.ts";
import { Window } from "./window.ts";

const back = { errors: 0.05, p95: 2, windowMs: 30_000, atLeast: 50 };
const seen = (calls: number, failed = 0, p95Ms = 5) => ({ calls, failed, p95Ms });

describe("the judgement", () => {
  test.each([
    ["all is well", seen(100), seen(900), undefined],
    ["too few calls, all of which failed", seen(49, 49), seen(900), undefined],
    [
      "more failures than are allowed",
      seen(100, 12),
      seen(900, 9),
      "12.0 % of 100 calls failed, against 1.0 % of 900",
    ],
    ["as many failures as the other has", seen(100, 12), seen(900, 100), undefined],
    ["somewhat more, which may be chance", seen(50, 4), seen(50, 1), undefined],
    ["failures, and nobody on the other side", seen(100, 6), seen(0), "6.0 % of 100 calls failed"],
    ["slower than is allowed", seen(100, 0, 60), seen(900, 0, 20), "p95 is 60 ms, against 20 ms"],
    ["slower by what nobody feels", seen(100, 0, 9), seen(900, 0, 1), undefined],
    ["slow, and too few on the other side to compare", seen(100, 0, 900), seen(10, 0, 1), undefined],
  ])("%s", (_name, next, current, reason) => {
    expect(judge(next, current, back)?.reason).toBe(reason);
  });
});

describe("a window", () => {
  test("forgets what is older", () => {
    const window = new Window(6_000);
    for (let n = 0; n < 100; n++) window.record(10_000, n % 2 === 0, 5);
    expect(window.read(10_000)).toMatchObject({ calls: 100, failed: 50 });
    window.record(15_000, true, 5);
    expect(window.read(15_500).calls).toBe(101);
    expect(window.read(17_000).calls).toBe(1);
    expect(window.read(99_000)).toEqual({ calls: 0, failed: 0, p95Ms: 0 });
  });

  test("knows the p95 to a fifth", () => {
    const window = new Window(6_000);
    for (let ms = 1; ms <= 1_000; ms++) window.record(0, true, ms);
    const { p95Ms } = window.read(0);
    expect(p95Ms).toBeGreaterThanOrEqual(950);
    expect(p95Ms).toBeLessThan(950 * 1.2);
    const quick = new Window(6_000);
    quick.record(0, true, 0);
    expect(quick.read(0).p95Ms).toBe(0);
  });
});

describe("a trial", () => {
  function started(entry: Partial<ReleaseEntry> = {}) {
    const lines: string[] = [];
    const log = createLog({
      unit: "test",
      level: "error",
      destination: { write: (line) => void lines.push(line) },
    });
    const clock = manualClock();
    const text = JSON.stringify({ catalog: { to: "next", weight: 5, ...entry } });
    const trial = new Trial(readReleases(text, ["catalog"], "file").get("catalog")!, clock, log);
    return { trial, clock, lines };
  }

  test("ends at the failure that is too many, says why, and stays ended", async () => {
    const { trial, clock, lines } = started();
    for (let n = 0; n < 500; n++) trial.record("current", true, 5);
    for (let n = 0; n < 49; n++) trial.record("next", false, 5);
    expect(trial.weight).toBe(5);
    trial.record("next", false, 5);
    expect(trial.weight).toBe(0);
    expect(trial.status()).toMatchObject({
      state: "returned",
      reason: "100.0 % of 50 calls failed, against 0.0 % of 500",
      returnedAt: new Date(clock.now()).toISOString(),
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("the release of catalog is taken back");
    await clock.pass(600_000);
    for (let n = 0; n < 200; n++) trial.record("next", true, 1);
    expect(trial.status().state).toBe("returned");
  });

  test("one slow moment is not enough: it must be so in a later part of the window too", async () => {
    const { trial, clock } = started();
    const load = (nextMs: number): void => {
      for (let n = 0; n < 64; n++) {
        trial.record("current", true, 10);
        trial.record("next", true, nextMs);
      }
    };
    load(100);
    expect(trial.status().state).toBe("running");
    // It was a moment: after it, all is well again, and what was seen is forgotten.
    await clock.pass(40_000);
    load(10);
    await clock.pass(40_000);
    load(100);
    expect(trial.status().state).toBe("running");
    await clock.pass(5_000);
    load(100);
    expect(trial.status()).toMatchObject({
      state: "returned",
      reason: expect.stringContaining("p95 is") as string,
    });
  });

  test("never ends by itself where that is switched off", () => {
    const { trial } = started({ back: false });
    for (let n = 0; n < 500; n++) trial.record("next", false, 5);
    expect(trial.weight).toBe(5);
  });
});
