import { optional, type Handler } from "kerf";
import { catalog } from "../catalog/contract.ts";
import { inventory } from "../inventory/contract.ts";
import { recommendations } from "../recommendations/contract.ts";
import type { storefront } from "./contract.ts";
import type { wants } from "./needs.ts";
import { stateOf } from "./state.ts";
import { lookups, suggest } from "./suggestions.ts";

/** How long a page waits for what it can do without. */
const within = "800ms";

// #region gather
/** Without the product there is no page; without the rest there is. */
export const productPage: Handler<typeof storefront.productPage, typeof wants> = async (
  { code },
  { call, gather },
) => {
  const article = { article: code };
  const { product, stock, alike } = await gather({
    product: (limits) => call(catalog.product, { code }, limits),
    stock: optional((limits) => call(inventory.stock, article, limits), { within }),
    alike: optional((limits) => call(recommendations.alike, article, limits), { within }),
  });
  const codes = alike.ok ? alike.value.alike.map((other) => other.article) : [];
  const { suggestions } = await gather({
    suggestions: optional(({ timeoutMs }) => suggest(codes, lookups(call, timeoutMs)), {
      within: "400ms",
      otherwise: [],
    }),
  });
  return {
    ...product,
    available: stock.ok ? stock.value.available : undefined,
    alike: codes,
    suggestions,
    parts: { stock: stateOf(stock), recommendations: stateOf(alike) },
  };
};
// #endregion
