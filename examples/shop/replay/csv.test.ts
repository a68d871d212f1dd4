import fc from "fast-check";
import { expect, test } from "vitest";
import { CsvReader, FormatError } from "./csv.ts";

function read(text: string, sizes: readonly number[] = [text.length]) {
  const reader = new CsvReader();
  const records = [];
  let rest = text;
  for (let i = 0; rest !== ""; i += 1) {
    const size = Math.max(1, sizes[i % sizes.length]!);
    records.push(...reader.push(rest.slice(0, size)));
    rest = rest.slice(size);
  }
  return [...records, ...reader.end()];
}

const fields = (text: string) => read(text).map((record) => record.fields);

test("a byte order mark, CRLF and LF are not part of any field", () => {
  expect(fields("\uFEFFa,b\r\nc,d\ne,f")).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["e", "f"],
  ]);
});

test("the line break at the end of the file may be missing and is no row", () => {
  expect(fields("a\n")).toEqual([["a"]]);
  expect(fields("a")).toEqual([["a"]]);
  expect(fields("")).toEqual([]);
  expect(fields("a,\n")).toEqual([["a", ""]]);
  expect(fields("a,")).toEqual([["a", ""]]);
});

test("quotes hold commas, doubled quotes and line breaks; records tell the line on which they begin", () => {
  expect(read('"a,""b""\nc",d\n"",e')).toEqual([
    { line: 1, fields: ['a,"b"\nc', "d"], quoted: true, broken: false },
    { line: 3, fields: ["", "e"], quoted: true, broken: false },
  ]);
});

test("an inch sign in a field without quotes is text", () => {
  expect(read('a,7" single,b')).toEqual([
    { line: 1, fields: ["a", '7" single', "b"], quoted: false, broken: false },
  ]);
});

test("text after a closing quote is told", () => {
  expect(read('"a"b,c\nd')).toEqual([
    { line: 1, fields: ["ab", "c"], quoted: true, broken: true },
    { line: 2, fields: ["d"], quoted: false, broken: false },
  ]);
});

test("a quote that is never closed is an error that names the line on which its row begins", () => {
  expect(() => read('a\nb,"c\nd')).toThrow(
    new FormatError(2, "a quoted field that begins in this row is never closed"),
  );
  const reader = new CsvReader();
  expect(() => {
    for (let i = 0; i < 20; i += 1) reader.push(`"${"x".repeat(100_000)}`.slice(i === 0 ? 0 : 1));
  }).toThrow(/longer than 1 MiB/);
});

test("whatever is written is read again, however it comes in pieces", () => {
  const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é") });
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
  const pieces = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
  fc.assert(
    fc.property(table, pieces, fc.constantFrom("\n", "\r\n"), (rows, sizes, end) => {
      const text = rows
        .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(",") + end)
        .join("");
      expect(read(text, sizes).map((record) => record.fields)).toEqual(rows);
    }),
  );
});
