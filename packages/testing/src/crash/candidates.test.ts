import type { Reached } from "@kerf/runtime/crashpoint";
import { expect, test } from "vitest";
import { candidates } from "./candidates.ts";

const trail = (...points: string[]): Reached[] => points.map((point, at) => ({ point, at, pid: 1 }));
const times = (point: string, count: number): string[] => Array.from({ length: count }, () => point);

test("a point is tried at its first time, its last, and between", () => {
  const passed = new Map([["back", trail(...times("handle.before", 9), "handle.after", "handle.after")]]);
  expect(candidates(passed).map(({ unit, point, nth }) => `${unit} ${point} ${nth}`)).toEqual([
    "back handle.before 1",
    "back handle.before 5",
    "back handle.before 9",
    "back handle.after 1",
    "back handle.after 2",
  ]);
});

test("what comes as time passes is tried once, after the start", () => {
  const passed = new Map([["back", trail(...times("lease.renew.after", 40), "timer.fire.before")]]);
  expect(candidates(passed)).toEqual([
    { unit: "back", point: "timer.fire.before", nth: 1 },
    { unit: "back", point: "lease.renew.after", nth: 2 },
  ]);
});

test("each unit is tried, and only at the points that are wanted", () => {
  const passed = new Map([
    ["a", trail("publish.before", "receive.before")],
    ["b", trail("publish.before")],
  ]);
  expect(candidates(passed, ["publish.before"], 1)).toEqual([
    { unit: "a", point: "publish.before", nth: 1 },
    { unit: "b", point: "publish.before", nth: 1 },
  ]);
});
