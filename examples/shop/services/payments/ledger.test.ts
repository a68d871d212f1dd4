import { expect, test } from "vitest";
import { chargePostings, imbalance, returnPostings, undoPostings, type Posting } from "./ledger.ts";

function balances(...entries: Posting[][]) {
  const sums: Record<string, number> = {};
  for (const { account, pence } of entries.flat()) sums[account] = (sums[account] ?? 0) + pence;
  return sums;
}

test("every kind of entry balances", () => {
  for (const postings of [chargePostings, undoPostings, returnPostings])
    expect(imbalance(postings(1_999))).toBe(0);
});

test("a charge moves money to the bank and counts as a sale, and nobody owes anything", () => {
  expect(balances(chargePostings(500))).toEqual({ bank: 500, sales: -500, receivable: 0 });
});

test("an undone charge leaves no trace in any balance", () => {
  expect(balances(chargePostings(500), undoPostings(500))).toEqual({ bank: 0, sales: 0, receivable: 0 });
});

test("a return leaves the sale and stands against it", () => {
  expect(balances(chargePostings(500), returnPostings(120))).toEqual({
    bank: 380,
    sales: -500,
    refunds: 120,
    receivable: 0,
  });
});
