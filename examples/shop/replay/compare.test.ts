import { expect, test } from "vitest";
import { readBooks, type Books } from "./books.ts";
import { compareBooks, differencesText } from "./compare.ts";

const order = (decision: string, articles: Record<string, number> = { A: 1 }) => ({
  decision,
  capturedPence: 100,
  refundedPence: 0,
  articles,
});

const books = (orders: Books["orders"], stock: Books["stock"] = {}): Books => ({
  format: "shop-replay-books-1",
  orders,
  returns: {},
  stock,
});

test("equal books are the same whatever the order of their keys", () => {
  const left = books({ 1: order("confirmed", { A: 1, B: 2 }), 2: order("Declined") });
  const right = books({ 2: order("Declined"), 1: order("confirmed", { B: 2, A: 1 }) });
  expect(compareBooks(left, right)).toEqual([]);
  expect(differencesText(left, right, [])).toBe("The books are the same: 2 orders, 0 returns, 0 articles.");
});

test("differences are told by invoice and article", () => {
  const left = books({ 1: order("confirmed") }, { A: { opening: 1, available: 0, sold: 1 } });
  const right = books(
    { 1: order("OutOfStock"), 2: order("confirmed") },
    { A: { opening: 1, available: 1, sold: 0 } },
  );
  const differences = compareBooks(left, right);
  expect(differences.map(({ place }) => place)).toEqual(["orders 1", "orders 2", "stock A"]);
  expect(differencesText(left, right, differences)).toContain("orders 2: (none) against {");
});

test("only books are read as books", () => {
  const written = books({ 1: order("confirmed") });
  expect(readBooks(JSON.stringify(written))).toEqual(written);
  expect(["", "{}", "[]", "{", '{"format":"other"}'].map(readBooks)).toEqual(Array(5).fill(undefined));
});
