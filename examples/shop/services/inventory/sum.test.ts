import { expect, test } from "vitest";
import { firstShort, sumByArticle } from "./sum.ts";

test("two lines of one article are summed, codes that differ in case are not", () => {
  expect(
    sumByArticle([
      { article: "85123a", quantity: 1 },
      { article: "22633", quantity: 2 },
      { article: "85123A", quantity: 4 },
      { article: "22633", quantity: 3 },
    ]),
  ).toEqual([
    { article: "22633", quantity: 5 },
    { article: "85123A", quantity: 4 },
    { article: "85123a", quantity: 1 },
  ]);
});

test("an item is short when fewer are available than wanted, or none were ever stocked", () => {
  const available = new Map([
    ["A", 2],
    ["B", 1],
  ]);
  expect(firstShort([{ article: "A", quantity: 2 }], available)).toBeUndefined();
  expect(
    firstShort(
      [
        { article: "A", quantity: 2 },
        { article: "B", quantity: 2 },
      ],
      available,
    ),
  ).toEqual({
    article: "B",
    wanted: 2,
    available: 1,
  });
  expect(firstShort([{ article: "C", quantity: 1 }], available)).toEqual({
    article: "C",
    wanted: 1,
    available: 0,
  });
});
