import { describe, expect, expectTypeOf, test } from "vitest";
import { batch } from "./batch.ts";
import { StatusError } from "./errors.ts";
import { refusal } from "./testing.ts";

interface Stock {
  readonly article: string;
  readonly left: number;
}

/** Answers with the length of each key, and remembers what it was asked. */
function shelf() {
  const asked: (readonly string[])[] = [];
  const ask = async (articles: readonly string[]): Promise<Stock[]> => {
    asked.push(articles);
    // In another order than asked, without what begins with "no", and with one that nobody asked for.
    return [...articles, "extra"]
      .filter((article) => !article.startsWith("no"))
      .map((article) => ({ article, left: article.length }))
      .toReversed();
  };
  return { asked, ask };
}
const key = (stock: Stock): string => stock.article;

describe("batch", () => {
  test("many lookups are one question, each key once, and each gets its own answer", async () => {
    const { asked, ask } = shelf();
    const stockOf = batch(ask, { key });
    const wanted = ["a", "bb", "a", "ccc"];
    expect((await Promise.all(wanted.map(stockOf))).map((stock) => stock.left)).toEqual([1, 2, 1, 3]);
    expect(asked).toEqual([["a", "bb", "ccc"]]);
    expectTypeOf(stockOf).toEqualTypeOf<(key: string) => Promise<Stock>>();
  });

  test("what follows from a first lookup is gathered too, and what is known is not asked again", async () => {
    const names = shelf();
    const stocks = shelf();
    const nameOf = batch(names.ask, { key });
    const stockOf = batch(stocks.ask, { key, value: (stock) => stock.left });
    const both = async (article: string): Promise<number> => {
      const name = await nameOf(article);
      return await stockOf(name.article);
    };
    expect(await Promise.all(["a", "bb", "ccc"].map(both))).toEqual([1, 2, 3]);
    expect(await both("bb")).toBe(2);
    expect([names.asked.length, stocks.asked.length]).toEqual([1, 1]);
  });

  test("no question has more keys than its limit", async () => {
    const { asked, ask } = shelf();
    const stockOf = batch(ask, { key, max: 2 });
    await Promise.all(["a", "b", "c", "d", "e"].map(stockOf));
    expect(asked).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  });

  test("a key without an answer is not found, or what stands for it; the others are", async () => {
    const stockOf = batch(shelf().ask, { key });
    const [found, none] = await Promise.allSettled([stockOf("a"), stockOf("none")]);
    expect(found).toMatchObject({ status: "fulfilled", value: { left: 1 } });
    expect(none).toMatchObject({ status: "rejected", reason: { code: "NOT_FOUND" } });
    const left = batch(shelf().ask, { key, value: (stock) => stock.left, missing: () => 0 });
    expect(await Promise.all([left("a"), left("none")])).toEqual([1, 0]);
  });

  test("an answer that is refused is refused to those who asked for it", async () => {
    const sold = new StatusError("FAILED_PRECONDITION", "sold");
    const left = batch(shelf().ask, {
      key,
      value: (stock) => {
        if (stock.article === "bb") throw sold;
        return stock.left;
      },
    });
    const settled = await Promise.allSettled([left("a"), left("bb"), left("bb")]);
    expect(settled.map((one) => (one.status === "rejected" ? one.reason : one.value))).toEqual([
      1,
      sold,
      sold,
    ]);
  });

  test("a question that fails takes down its own keys only", async () => {
    const { ask } = shelf();
    const gone = new StatusError("UNAVAILABLE", "gone");
    const failing = async (keys: readonly string[]): Promise<Stock[]> => {
      if (keys.includes("bad")) throw gone;
      return ask(keys);
    };
    const stockOf = batch(failing, { key, max: 2 });
    const settled = await Promise.allSettled(["a", "bad", "c"].map(stockOf));
    expect(settled.map((one) => (one.status === "rejected" ? one.reason : one.value.left))).toEqual([
      gone,
      gone,
      1,
    ]);
  });

  test("a limit that is none is refused at its place", () => {
    expect(refusal(() => batch(shelf().ask, { key, max: 0 }))).toMatchObject({ place: "batch({ max })" });
  });
});
