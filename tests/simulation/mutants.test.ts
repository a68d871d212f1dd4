/** The simulation is tested too: what is broken on purpose must be caught, or it proves nothing. */
import { describe, expect, test } from "vitest";
import { mutants } from "./mutants.ts";
import { range, runSeeds } from "./run-seeds.ts";

/** The slowest needs a quarter of them. */
const within = 600;

describe("a simulation with something broken", () => {
  test.each(Object.entries(mutants))(
    "catches %s",
    async (mutant, { caughtBy }) => {
      const { failed } = await runSeeds({
        seeds: range(1, within),
        workers: 2,
        task: { mutant },
        mostFailures: 1,
      });
      expect(failed, `not caught by ${within} seeds`).not.toEqual([]);
      expect(caughtBy.some((invariant) => failed[0]!.violations.some((v) => v.startsWith(invariant)))).toBe(
        true,
      );
    },
    300_000,
  );
});
