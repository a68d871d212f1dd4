import { expect, test } from "vitest";
import { etagOf, matches } from "./etag.ts";

test("the same bytes have the same tag, others another", () => {
  expect(etagOf("a")).toBe(etagOf("a"));
  expect(etagOf("a")).not.toBe(etagOf("b"));
  expect(etagOf("a")).toMatch(/^"[\w-]{27}"$/);
});

test.each([
  ['"x"', true],
  ['W/"x"', true],
  ["*", true],
  ['"y", "x"', true],
  ['"y",W/"x" , "z"', true],
  ['"a,b", "x"', true],
  ['"y"', false],
  ['"y", "z"', false],
  ['"y,"x"', false],
  ["x", false],
  ["", false],
  ['w/"x"', false],
  ['"x" "y"', false],
])("If-None-Match: %s is %s", (given, expected) => {
  expect(matches(given, '"x"')).toBe(expected);
});

test("a long list takes no long time", () => {
  const from = performance.now();
  matches(`"${"y".repeat(4_000)}`.repeat(2), '"x"');
  matches('"y",'.repeat(2_000), '"x"');
  matches(`,${" ".repeat(8_000)}x`, '"x"');
  expect(performance.now() - from).toBeLessThan(200);
});

test("bodies that share a slot keep tags of their own", () => {
  const bodies = Array.from({ length: 2_000 }, (_, n) => `{"at":"${String(n).padStart(5, "0")}"}`);
  const first = bodies.map(etagOf);
  expect(new Set(first).size).toBe(bodies.length);
  expect(bodies.map(etagOf)).toEqual(first);
  const long = `"${"x".repeat(5_000)}"`;
  expect(etagOf(long)).toBe(etagOf(long));
});
