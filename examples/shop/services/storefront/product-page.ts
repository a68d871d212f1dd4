import type { Handler } from "kerf";
import { catalog } from "../catalog/contract.ts";
import { inventory } from "../inventory/contract.ts";
import { recommendations } from "../recommendations/contract.ts";
import type { storefront } from "./contract.ts";
import type { wants } from "./needs.ts";
import { part, partTimeoutMs as timeoutMs } from "./part.ts";

/** Without the product there is no page; without the rest there is. */
export const productPage: Handler<typeof storefront.productPage, typeof wants> = async (
  { code },
  { call },
) => {
  const article = { article: code };
  const [product, stock, alike] = await Promise.all([
    call(catalog.product, { code }),
    part(call(inventory.stock, article, { timeoutMs })),
    part(call(recommendations.alike, article, { timeoutMs })),
  ]);
  return {
    ...product,
    available: stock.value?.available,
    alike: alike.value?.alike.map((other) => other.article) ?? [],
    parts: { stock: stock.state, recommendations: alike.state },
  };
};
