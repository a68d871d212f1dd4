import { expect, test } from "vitest";
import { progressOn } from "./progress.ts";

function watch(isTTY: boolean) {
  let time = 0;
  let written = "";
  const screen = { isTTY, columns: 80, write: (text: string) => (written += text) };
  const progress = progressOn(screen, 4, () => time);
  progress.begin();
  return {
    progress,
    pass: (ms: number) => (time += ms),
    written: () => written,
  };
}

test("off a terminal there is a plain line every few seconds", () => {
  const { progress, pass, written } = watch(false);
  for (const ms of [2_000, 2_000, 2_000, 100]) {
    pass(ms);
    progress.advance();
  }
  progress.end();
  expect(written()).toBe("3/4 invoices, 0.5 per second\n");
});

test("a terminal has a bar, which makes way for lines and goes in the end", () => {
  const { progress, pass, written } = watch(true);
  pass(1_000);
  progress.advance();
  expect(written().startsWith("\r\u001B[K[#")).toBe(true);
  expect(written()).toMatch(/#+ +\] 1\/4 invoices, 1\.0 per second$/);
  progress.say("hello");
  expect(written().endsWith("\r\u001B[Khello\n")).toBe(true);
});
