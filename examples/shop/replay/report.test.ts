import { expect, test } from "vitest";
import { reportOf, textOf } from "./report.ts";

const report = reportOf({
  rows: 10,
  repaired: 1,
  tally: {
    sold: 4,
    returned: 1,
    refused: 2,
    rejected: { malformed: 1, "not-a-sale": 1, "nothing-to-return": 1 },
    orders: { placed: 3, confirmed: 2, outOfStock: 1, declined: 0 },
  },
  lateReturns: 1,
  money: { captured: 1_005, refunded: 5, net: 1_000 },
  audit: [
    { name: "money conserved", ok: true, detail: "£10.05 captured" },
    { name: "stock conserved", ok: false, detail: "A has 3 of 2 left" },
  ],
  seconds: 1.50049,
});

test("the report has its fields, in order, and no others", () => {
  const fields =
    "rows repaired sold returned lateReturns refused rejected orders money audit seconds ordersPerSecond";
  expect(Object.keys(report).join(" ")).toBe(fields);
  expect(report).toMatchObject({ seconds: 1.5, ordersPerSecond: 2 });
});

test("people get a table, and are told what does not hold", () => {
  const text = textOf(report);
  expect(text).toMatch(/^captured +£10\.05$/m);
  expect(text).toMatch(/^ {2}rejected: not-a-sale +1$/m);
  expect(text).toContain("FAIL  stock conserved  A has 3 of 2 left");
  expect(text).toMatch(/1 of 2 do not hold\.$/);
});
