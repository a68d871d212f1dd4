import { expect, test } from "vitest";
import { nearest } from "./index.ts";

test.each([
  ["quantty", ["sku", "quantity"], "quantity"],
  ["naem", ["note", "name"], "name"],
  ["SKU", ["sku"], "sku"],
  ["orderid", ["order", "orderId"], "orderId"],
  ["catalogue", ["catalog", "carts"], "catalog"],
  ["id", ["ip"], undefined],
  ["colour", ["sku", "quantity"], undefined],
  ["x".repeat(5_000), ["x"], undefined],
  ["", ["a"], undefined],
])("%s among %o is meant as %s", (word, known, meant) => {
  expect(nearest(word, known)).toBe(meant);
});
