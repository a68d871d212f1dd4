import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { besides, busy, waiting } from "./test-order.ts";

test.each(Object.keys({ ...busy, ...waiting }))("%s is still there, to be given its place", (path) => {
  expect(existsSync(new URL(`../${path}`, import.meta.url))).toBe(true);
});

test("each worker comes to its own files, one after the other", () => {
  const first = [
    ["busy a", 9],
    ["busy b", 3],
  ] as const;
  const second = [
    ["waits a", 4],
    ["waits b", 4],
    ["waits c", 2],
  ] as const;
  expect(besides(first, second)).toEqual(["busy a", "waits a", "waits b", "waits c", "busy b"]);
});
