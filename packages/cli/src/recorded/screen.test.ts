import { expect, test } from "vitest";
import type { Output } from "../output.ts";
import { openScreen } from "./screen.ts";
import { fit } from "./words.ts";

const lines: string[] = [];
const output: Output = {
  json: false,
  colour: false,
  line: (text) => lines.push(text),
  note: () => {},
  paint: (_style, text) => text,
};

test("on a terminal a text is written over the one before, at once and without clearing", () => {
  const written: string[] = [];
  const terminal = { isTTY: true, columns: 10, rows: 4, write: (text: string) => written.push(text) };
  const screen = openScreen(output, terminal);
  screen.show(["one", "two"]);
  screen.show(["a line that is too long"]);
  screen.show(["1", "2", "3", "4", "5"]);
  screen.close();
  expect(written).toEqual([
    "\u001b[?25l\rone\u001b[K\ntwo\u001b[K\n\u001b[J",
    "\r\u001b[2Aa line th…\u001b[K\n\u001b[J",
    "\r\u001b[1A1\u001b[K\n2\u001b[K\n… 3 more …\u001b[K\n\u001b[J",
    "\u001b[?25h",
  ]);
});

test("elsewhere they follow each other", () => {
  const screen = openScreen(output, { isTTY: false, write: () => {} });
  screen.show(["one"]);
  screen.show(["two"]);
  screen.close();
  expect(lines).toEqual(["one", "", "two"]);
});

test("colours take no room, and are ended where a line is cut", () => {
  const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
  expect(fit(red("12345"), 5)).toBe(red("12345"));
  expect(fit(`${red("12345")}678`, 7)).toBe(`${red("12345")}6…`);
  expect(fit(red("1234567"), 5)).toBe(`\u001b[31m1234\u001b[39m…`);
  expect(fit("1234567", undefined)).toBe("1234567");
});
