import { expect, test } from "vitest";
import { priceLines } from "./price.ts";
import { reasonOf } from "./reason.ts";

const heart = { offerId: "O1", article: "85123A", name: "Hanging heart", pence: 255 };
const lantern = { offerId: "O2", article: "71053", name: "Lantern", pence: 339 };

test("an order costs what its offers say, line by line, also where an offer comes twice", () => {
  const lines = [
    { offerId: "O1", quantity: 6 },
    { offerId: "O2", quantity: 1 },
    { offerId: "O1", quantity: 2 },
  ];
  expect(priceLines(lines, [lantern, heart])).toEqual({
    lines: [
      { ...heart, quantity: 6 },
      { ...lantern, quantity: 1 },
      { ...heart, quantity: 2 },
    ],
    totalPence: 8 * 255 + 339,
  });
});

test("a line of an offer that does not exist is named", () => {
  expect(
    priceLines(
      [
        { offerId: "O1", quantity: 1 },
        { offerId: "o1", quantity: 1 },
      ],
      [heart],
    ),
  ).toEqual({
    unknown: "o1",
  });
});

test("the customer is told why, and of anything unexpected only that it failed", () => {
  expect(["OutOfStock", "Declined", "Undeliverable", "UNAVAILABLE"].map(reasonOf)).toEqual([
    "OutOfStock",
    "Declined",
    "Undeliverable",
    "Failed",
  ]);
});
