import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { columns, parseRows, type ParsedRow } from "./parse.ts";

const header = `${columns.join(",")}\n`;

async function parse(text: string): Promise<ParsedRow[]> {
  return await Array.fromAsync(parseRows([text]));
}

test("a row has its price in pence and its customer without .0", async () => {
  const [parsed] = await parse(
    `${header}536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n`,
  );
  expect(parsed).toEqual({
    line: 2,
    repaired: false,
    row: {
      line: 2,
      invoice: "536365",
      article: "85123A",
      description: "WHITE HEART",
      quantity: 6,
      pence: 255,
      customerId: "17850",
      country: "United Kingdom",
    },
  });
});

test("a row that is one quoted field holding a whole row is unwrapped", async () => {
  const [parsed] = await parse(
    `${header}"1,A,""FRAME 7"""" SINGLE, BIG"",48,2010-12-01,2.1,16210.0,United Kingdom"\n`,
  );
  expect(parsed).toMatchObject({
    repaired: true,
    row: { description: 'FRAME 7" SINGLE, BIG', quantity: 48 },
  });
});

test("one quoted field that holds no whole row is malformed and not repaired", async () => {
  const parsed = await parse(`${header}"hello"\n"a,b"\n"1,A,""x,1,d,1,,UK"\n`);
  expect(parsed.length).toBe(3);
  expect(parsed.filter(({ row, repaired }) => row || repaired)).toEqual([]);
});

test("an unwrapped row may still be malformed", async () => {
  const [parsed] = await parse(`${header}"1,A,""x, y"",1.5,d,1,,UK"\n`);
  expect(parsed).toMatchObject({ repaired: true, row: undefined });
});

test.each([
  ["seven fields", "1,A,x,1,d,1,UK"],
  ["nine fields", "1,A,x,1,d,1,,UK,"],
  ["no invoice", ",A,x,1,d,1,,UK"],
  ["no article", "1,,x,1,d,1,,UK"],
  ["a quantity that is not whole", "1,A,x,1.5,d,1,,UK"],
  ["a price that is no decimal", "1,A,x,1,d,free,,UK"],
  ["text after a quote", '1,A,"x"y,1,d,1,,UK'],
  ["nothing", ""],
])("a row with %s is malformed", async (_what, text) => {
  const parsed = await parse(`${header}${text}\n2,A,x,1,d,1,,UK\n`);
  expect(parsed.map(({ row }) => row?.invoice)).toEqual([undefined, "2"]);
});

test("codes are exact: spaces and case stay", async () => {
  const [parsed] = await parse(`${header}1, a B ,x,1,d,1,,UK\n`);
  expect(parsed!.row!.article).toBe(" a B ");
});

test("another header, or no file at all, is an error with its line", async () => {
  await expect(parse("a,b,c\n1,2,3\n")).rejects.toMatchObject({ name: "FormatError", line: 1 });
  await expect(parse("")).rejects.toThrow("the file is empty");
});

const given = new URL("../../../../shared/data/online-retail-2010-12.csv", import.meta.url);

test.runIf(existsSync(given))(
  "the given file has 8,373 rows, 119 of them to repair, none malformed",
  async () => {
    const parsed = await parse(readFileSync(given, "utf8"));
    expect(parsed.length).toBe(8_373);
    expect(parsed.filter(({ repaired }) => repaired).length).toBe(119);
    expect(parsed.filter(({ row }) => !row).length).toBe(0);
  },
);
