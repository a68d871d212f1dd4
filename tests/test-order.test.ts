import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { besides, busy, dealt, waiting } from "./test-order.ts";

test.each(Object.keys({ ...busy, ...waiting }))("%s is still there, to be given its place", (path) => {
  expect(existsSync(new URL(`../${path}`, import.meta.url))).toBe(true);
});

const seconds = (files: Readonly<Record<string, number>>) =>
  Object.entries(files).map(([file, each]) => ({ file, seconds: each }));

test("each worker comes to its own files, one after the other", () => {
  const busyOnes = seconds({ "busy a": 9, "busy b": 3 });
  const waitingOnes = seconds({ "waits a": 4, "waits b": 4, "waits c": 2 });
  expect(besides([busyOnes, waitingOnes])).toEqual(["busy a", "waits a", "waits b", "waits c", "busy b"]);
});

test("a file goes to the worker who is done first", () => {
  const lanes = dealt(seconds({ a: 5, b: 3, c: 1, d: 2, e: 1 }), 2);
  expect(lanes.map((lane) => lane.map(({ file }) => file))).toEqual([
    ["a", "e"],
    ["b", "c", "d"],
  ]);
});
