import { rig, type Rig } from "@kerf/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import app from "../../kerf.config.ts";
import { catalog } from "./contract.ts";

let shop: Rig;
beforeAll(async () => {
  shop = await rig(app, { run: ["catalog"] });
  await shop.call(catalog.registerArticles, {
    articles: [
      { code: "85123A", name: "WHITE HANGING HEART T-LIGHT HOLDER" },
      { code: "BANK CHARGES", name: "Bank Charges" },
      { code: "X1", name: "Zebra clock", description: "It is striped like an okapi." },
      { code: "X2", name: "Okapi clock", description: "It is striped like a zebra." },
      { code: "X3", name: "The thermos", description: "Keeps tea decorative." },
    ],
  });
});
afterAll(async () => {
  await shop.stop();
});

async function find(search: string, page = 1, pageSize = 100) {
  const found = await shop.call(catalog.search, { search, page, pageSize });
  return { total: found.total, codes: found.products.map((product) => product.code) };
}

test("other forms of a word find it, in any case", async () => {
  const hearts = await find("HEARTS");
  expect(hearts.total).toBeGreaterThan(24);
  expect(hearts.codes).toContain("85123A");
  expect(await find("heart")).toMatchObject({ total: hearts.total });
});

test("a name counts more than a description", async () => {
  expect((await find("okapi")).codes).toEqual(["X2", "X1"]);
  expect((await find("zebra")).codes).toEqual(["X1", "X2"]);
});

test("all words must be there, and the last may be unfinished", async () => {
  expect((await find("okapi clo")).codes).toEqual(["X2", "X1"]);
  expect((await find("clo okapi")).codes).toEqual([]);
  expect((await find("decorativ")).codes).toEqual(["X3"]);
});

test("words that English passes over do not stand in the way", async () => {
  expect((await find("the okapi")).codes).toEqual(["X2", "X1"]);
  expect((await find("the")).codes).toContain("X3");
});

test("a code finds its article, and parts of it do", async () => {
  expect((await find("85123a")).codes).toEqual(["85123A"]);
  expect((await find("85123")).codes).toEqual(["85123A"]);
  expect((await find("BANK CHARGES")).codes).toEqual(["BANK CHARGES"]);
  expect((await find("t-light")).codes[0]).toBe("85123A");
});

test("nothing that is typed is understood as a query", async () => {
  for (const search of [
    "zebra | heart",
    "!heart",
    "heart:*A",
    "'; drop table article; --",
    "(",
    "\\",
    "%",
    "&",
  ])
    expect((await find(search)).codes.length).toBeLessThan(100);
  expect((await find("zebra | heart")).codes).toEqual([]);
  expect((await find("!!!")).total).toBe(0);
  expect((await find("")).total).toBe(137);
});

test("pages follow each other without gaps or repetitions", async () => {
  const whole = await find("heart");
  const pages = [await find("heart", 1, 10), await find("heart", 2, 10), await find("heart", 3, 10)];
  expect(pages.flatMap((page) => page.codes)).toEqual(whole.codes.slice(0, 30));
  expect(await find("heart", 400, 100)).toEqual({ total: whole.total, codes: [] });
});
