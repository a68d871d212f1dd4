import { expect, test } from "vitest";
import { customerOf, penceOf, wholeOf } from "./values.ts";

test.each([
  ["2.55", 255],
  ["2.1", 210],
  ["0", 0],
  ["4.", 400],
  [".5", 50],
  ["+1.00", 100],
  ["1.005", 101],
  ["1.0049999", 100],
  ["8.165", 817],
  ["0.005", 1],
  ["0.004", 0],
  ["0.001", 0],
  ["-0.005", 0],
  ["-0.0051", -1],
  ["-11062.06", -1_106_206],
  ["569.77", 56_977],
])("the price %s is %i pence, half a penny up", (text, pence) => {
  expect(penceOf(text)).toBe(pence);
});

test.each(["", " 1", "1,5", "1e3", "abc", ".", "1.2.3", "NaN", "0x10", "£1"])(
  "%j is no decimal price",
  (text) => {
    expect(penceOf(text)).toBeUndefined();
  },
);

test("a quantity is whole", () => {
  expect(["6", "-1", "0", "+3", "-0"].map(wholeOf)).toEqual([6, -1, 0, 3, 0]);
  expect(["", "1.5", "6.0", " 6", "1e2", "six"].map(wholeOf)).toEqual(Array(6).fill(undefined));
});

test("a customer's id loses the .0 of a spreadsheet; none is a guest", () => {
  expect(["17850.0", "17850", "17850.00", "", " ", "A-1", "17850.5"].map(customerOf)).toEqual([
    "17850",
    "17850",
    "17850",
    undefined,
    undefined,
    "A-1",
    "17850.5",
  ]);
});
