import { defineConfig } from "vitest/config";
import { BusyBesideWaiting, workers } from "./tests/test-order.ts";
import { sharing } from "./tests/test-workers.ts";

const notOurs = ["**/node_modules/**", "**/.kerf/**"];
const shared = sharing(import.meta.dirname);

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: workers,
    // Of those in a file that say that they may run together, since they mostly wait.
    maxConcurrency: 2,
    sequence: { sequencer: BusyBesideWaiting },
    // Processes are killed and deadlines pass in these tests, on machines that others use too. A second try is reported as
    // one; what fails twice fails.
    retry: process.env["CI"] === "true" ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: "alone",
          include: [
            "packages/**/*.test.ts",
            "examples/**/*.test.ts",
            "docs/examples/**/*.test.ts",
            "tests/**/*.test.ts",
          ],
          exclude: [...notOurs, ...shared],
        },
      },
      { extends: true, test: { name: "sharing", include: shared, exclude: notOurs, isolate: false } },
    ],
  },
});
