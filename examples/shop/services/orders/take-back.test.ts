import { expect, test } from "vitest";
import { takeBack } from "./take-back.ts";

const newest = { orderId: "c", line: 2, left: 3, pence: 210 };
const older = { orderId: "c", line: 1, left: 2, pence: 255 };
const oldest = { orderId: "a", line: 7, left: 10, pence: 255 };

test("pieces come from the first lines, and the last of them gives only what is still wanted", () => {
  expect(takeBack([newest, older, oldest], 6)).toEqual([
    { orderId: "c", line: 2, quantity: 3, pence: 210 },
    { orderId: "c", line: 1, quantity: 2, pence: 255 },
    { orderId: "a", line: 7, quantity: 1, pence: 255 },
  ]);
  expect(takeBack([newest, older], 3)).toEqual([{ orderId: "c", line: 2, quantity: 3, pence: 210 }]);
});

test("where fewer are left nothing is taken", () => {
  expect(takeBack([newest, older], 6)).toBeUndefined();
  expect(takeBack([], 1)).toBeUndefined();
});

test("a line that is used up gives nothing", () => {
  expect(takeBack([{ ...newest, left: 0 }, older], 1)).toEqual([
    { orderId: "c", line: 1, quantity: 1, pence: 255 },
  ]);
});
