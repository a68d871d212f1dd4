import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tests/longest-first.ts";

export default defineConfig({
  test: {
    include: [
      "packages/**/*.test.ts",
      "examples/**/*.test.ts",
      "docs/examples/**/*.test.ts",
      "tests/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/.kerf/**"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make the database tests wait for each other.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Processes are killed and deadlines pass in these tests, on machines that others use too. A second try is reported as
    // one; what fails twice fails.
    retry: process.env["CI"] === "true" ? 1 : 0,
  },
});
