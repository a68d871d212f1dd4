import { expect, test } from "vitest";
import { wordsOf } from "./words.ts";

test("a search is cut into runs of letters and digits", () => {
  expect(wordsOf("  white T-light  holder 85123A ")).toEqual(["white", "T", "light", "holder", "85123A"]);
  expect(wordsOf("crème brûlée")).toEqual(["crème", "brûlée"]);
});

test("what the query language would understand is left out", () => {
  expect(wordsOf("a' | !b & (c:*) <-> \\d")).toEqual(["a", "b", "c", "d"]);
  expect(wordsOf("!!! ''")).toEqual([]);
});

test("no more than twelve words are asked for", () => {
  expect(wordsOf("x ".repeat(50))).toHaveLength(12);
});
