import { expect, test } from "vitest";
import { lift, rankByLift, type Count } from "./lift.ts";

/** Counts by hand what the database counts. */
function countsFor(article: string, baskets: readonly string[][]): { counts: Count[]; looked: number } {
  const withA = baskets.filter((basket) => basket.includes(article));
  const others = new Set(withA.flat().filter((other) => other !== article));
  return {
    looked: withA.length,
    counts: [...others].map((other) => ({
      article: other,
      together: withA.filter((basket) => basket.includes(other)).length,
      withIt: baskets.filter((basket) => basket.includes(other)).length,
    })),
  };
}

test("articles that have nothing to do with each other have a lift of one", () => {
  // Each is in half of the baskets, both in a quarter.
  const baskets = [["a", "b"], ["a"], ["b"], []];
  const { counts, looked } = countsFor("a", baskets);
  expect(lift(counts[0]!, looked, baskets.length)).toBe(1);
});

test("lift is symmetric", () => {
  const baskets = [["a", "b"], ["a", "b"], ["a"], ["b", "c"], ["c"], []];
  const ofA = countsFor("a", baskets);
  const ofB = countsFor("b", baskets);
  const ab = lift(
    ofA.counts.find((count) => count.article === "b")!,
    ofA.looked,
    baskets.length,
  );
  const ba = lift(
    ofB.counts.find((count) => count.article === "a")!,
    ofB.looked,
    baskets.length,
  );
  expect(ab).toBeCloseTo(ba, 12);
  expect(ab).toBeCloseTo(2 / 6 / ((3 / 6) * (3 / 6)), 12);
});

test("what is in every basket does not win over what belongs together", () => {
  const baskets = [
    ["cup", "saucer", "bag"],
    ["cup", "saucer", "bag"],
    ["lamp", "bag"],
    ["lamp", "bag"],
    ["chair", "bag"],
  ];
  const { counts, looked } = countsFor("cup", baskets);
  expect(rankByLift(counts, looked, baskets.length, 5)).toEqual([
    { article: "saucer", lift: 2.5, together: 2 },
  ]);
});

test("what met only once is left out, however rare it is", () => {
  const baskets = [["cup", "comet"], ["cup"], ["lamp"], ["lamp"]];
  const { counts, looked } = countsFor("cup", baskets);
  expect(rankByLift(counts, looked, baskets.length, 5)).toEqual([]);
});

test("of equal lift the more frequent comes first, then the code, and no more than asked for", () => {
  const counts = [
    { article: "c", together: 2, withIt: 4 },
    { article: "b", together: 2, withIt: 4 },
    { article: "d", together: 4, withIt: 8 },
  ];
  expect(rankByLift(counts, 10, 100, 2).map((alike) => alike.article)).toEqual(["d", "b"]);
});
