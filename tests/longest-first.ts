import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Test files that take longest, by the ends of their paths. Begun last, they would leave one of two cores idle at the end. */
export const longest = [
  "examples/shop/tests/dashboard.test.ts",
  "examples/shop/replay/replay.test.ts",
  "tests/crash-matrix.test.ts",
  "tests/simulation/simulation.test.ts",
  "tests/simulation/mutants.test.ts",
  "packages/cli/test/dev.test.ts",
  "examples/shop/fuzz/fuzz.test.ts",
  "packages/runtime/src/unit/upkeep.test.ts",
  "packages/cli/test/chaos.test.ts",
  "examples/shop/tests/web.test.ts",
];

/** Begins with the longest test files, whether or not an earlier run has told how long they take. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's, not an array's
    const rest = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? longest.length : at;
    };
    return rest.toSorted((a, b) => rank(a) - rank(b));
  }
}
