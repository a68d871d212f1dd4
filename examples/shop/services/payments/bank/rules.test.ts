import { expect, test } from "vitest";
import { declines, thinkingMs } from "./rules.ts";

test("a total that leaves 16 by 20 is declined, and no other", () => {
  const declined = Array.from({ length: 60 }, (_, pence) => pence).filter(declines);
  expect(declined).toEqual([16, 36, 56]);
});

test("a round total takes 20 ms, and no other takes any", () => {
  const slow = Array.from({ length: 60 }, (_, pence) => pence).filter((pence) => thinkingMs(pence) > 0);
  expect(slow).toEqual([0, 20, 40]);
  expect(thinkingMs(40)).toBe(20);
});
