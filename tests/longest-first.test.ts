import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { longest } from "./longest-first.ts";

test.each(longest)("%s is still there, to be begun first", (path) => {
  expect(existsSync(new URL(`../${path}`, import.meta.url))).toBe(true);
});
