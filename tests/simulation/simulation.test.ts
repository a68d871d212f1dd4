import { describe, expect, test } from "vitest";
import { range, runSeeds } from "./run-seeds.ts";
import { savedSeeds } from "./saved-seeds.ts";
import { simulate } from "./simulate.ts";

const again = (seed: number): string => `npm run simulate -- --seed ${seed}`;

describe("the ledger in a storm", () => {
  test("keeps every invariant: in the seeds that failed once, and in two thousand others", async () => {
    const saved = savedSeeds().map(({ seed }) => seed);
    const { failed, seeds } = await runSeeds({ seeds: [...saved, ...range(1, 2_000)], workers: 2 });
    expect(failed.map(({ seed, violations }) => `${again(seed)}: ${violations.join("; ")}`)).toEqual([]);
    expect(seeds).toBe(saved.length + 2_000);
  }, 600_000);

  test("goes the same way again where the seed is the same", async () => {
    for (const seed of range(1, 20)) {
      const first = await simulate(seed);
      const second = await simulate(seed);
      expect({ seed, hash: second.hash, events: second.events }).toEqual({
        seed,
        hash: first.hash,
        events: first.events,
      });
    }
    expect((await simulate(1)).hash).not.toBe((await simulate(2)).hash);
  }, 60_000);

  test("ends the same in one unit and in several", async () => {
    for (const seed of range(1, 30)) {
      const whole = await simulate(seed, { topology: "monolith", patient: true });
      const split = await simulate(seed, { topology: "split", patient: true });
      expect([...whole.violations, ...split.violations], again(seed)).toEqual([]);
      expect(split.ending, again(seed)).toBe(whole.ending);
    }
  }, 120_000);

  test("takes its time and chance from the seed alone", async () => {
    const strays: string[] = [];
    const spied = <T extends object, K extends keyof T & string>(of: T, name: K): (() => void) => {
      const real = of[name] as (...args: unknown[]) => unknown;
      of[name] = function (this: unknown, ...args: unknown[]) {
        const by = new Error().stack!.split("\n").find((line) => line.includes("/packages/runtime/src/"));
        if (by) strays.push(`${name} ${by.trim()}`);
        return real.apply(this, args);
      } as T[K];
      return () => (of[name] = real as T[K]);
    };
    const restore = [
      spied(Date, "now"),
      spied(Math, "random"),
      spied(performance, "now"),
      spied(globalThis, "setTimeout"),
      spied(globalThis, "setInterval"),
    ];
    try {
      for (const seed of range(1, 10)) await simulate(seed);
    } finally {
      for (const back of restore) back();
    }
    expect([...new Set(strays)]).toEqual([]);
  }, 60_000);
});
