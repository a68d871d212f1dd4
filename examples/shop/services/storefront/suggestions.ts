import { batch, outcome, type QueryContext } from "kerf";
import { catalog } from "../catalog/contract.ts";
import { inventory } from "../inventory/contract.ts";
import type { wants } from "./needs.ts";

type Call = QueryContext<typeof wants, unknown>["call"];

// #region batch
/** What a page asks of single articles: one question to each service, however many articles it shows. */
export function lookups(call: Call, timeoutMs: number) {
  return {
    productOf: batch(
      async (codes: readonly string[]) =>
        (await call(catalog.products, { codes: [...codes] }, { timeoutMs })).products,
      { key: (product) => product.code },
    ),
    stockOf: batch(
      async (articles: readonly string[]) =>
        (await call(inventory.stocks, { articles: [...articles] }, { timeoutMs })).stocks,
      { key: (stock) => stock.article, value: (stock) => stock.available },
    ),
  };
}
// #endregion

/** An article as a page suggests it: without its stock where that cannot be had, and not at all without its name. */
export async function suggest(codes: readonly string[], { productOf, stockOf }: ReturnType<typeof lookups>) {
  const cards = await Promise.all(
    codes.map(async (code) => {
      const [product, available] = await Promise.all([outcome(productOf(code)), outcome(stockOf(code))]);
      if (!product.ok) return [];
      const { name, offer } = product.value;
      return [{ code, name, offer, available: available.ok ? available.value : undefined }];
    }),
  );
  return cards.flat();
}
