import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { allCases, sampleOf } from "./ledger/cases.ts";
import { runCase } from "./ledger/run-case.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-crash-sample-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const today = Math.floor(Date.now() / 86_400_000);
/** Beside those at risk: few, for CI has minutes, and enough to come to all of them within a month. */
const others = 3;
const sample = sampleOf(today, others);
// Which they are, so that a failure can be run again: npm run crash-matrix -- --only POINT --topology NAME
console.log(`crash points of today: ${sample.map((one) => `${one.point} (${one.topology})`).join(", ")}`);

/** Kills units of the ledger while money moves. `npm run crash-matrix` has all points. */
describe("a killed unit loses nothing and repeats nothing", () => {
  test.concurrent.each(sample.map((one) => [one.point, one.topology, one] as const))(
    "%s, %s",
    { timeout: 120_000 },
    async (point, topology, { deaths }) => {
      const result = await runCase({
        topology,
        deaths,
        seed: 1 + today,
        folder: join(folder, `${topology}-${point}`),
      });
      expect({ missed: result.missed, violations: result.violations }).toEqual({
        missed: [],
        violations: [],
      });
    },
  );

  test("the sample comes to every point within a month", () => {
    const days = Array.from({ length: 31 }, (_, day) => sampleOf(today + day, others)).flat();
    expect(new Set(days).size).toBe(allCases.length);
  });
});
