import { expect, test } from "vitest";
import { pageOf } from "./page.ts";

const rows = [{ n: 1 }, { n: 2 }, { n: 3 }];

test("a page that is followed by another ends with the key to ask on with", () => {
  expect(pageOf(rows, 2, (row) => row.n)).toEqual({ rows: [{ n: 1 }, { n: 2 }], next: 2 });
});

test("the last page has no next, even when it is just full", () => {
  expect(pageOf(rows, 3, (row) => row.n)).toEqual({ rows, next: undefined });
  expect(pageOf([], 3, () => 0)).toEqual({ rows: [], next: undefined });
});
