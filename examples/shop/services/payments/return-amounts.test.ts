import { expect, test } from "vitest";
import { penceByOrder } from "./return-amounts.ts";

test("pieces are refunded at the price each was paid at, summed by order", () => {
  expect(
    penceByOrder([
      { orderId: "b", quantity: 2, pence: 255 },
      { orderId: "a", quantity: 1, pence: 339 },
      { orderId: "b", quantity: 3, pence: 210 },
    ]),
  ).toEqual([
    { orderId: "a", pence: 339 },
    { orderId: "b", pence: 1_140 },
  ]);
});
