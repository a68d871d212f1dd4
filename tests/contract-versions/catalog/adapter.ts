import { adapt } from "kerf";
import { catalog, catalogV1 } from "./contract.ts";

// #region adapter
export const fromV1 = adapt(catalogV1, catalog, {
  product: {
    now: "item",
    output: ({ sku, title, price }) => ({ sku, name: title, pence: price.amount }),
    errors: { NoSuchItem: ({ sku }) => ({ code: "NoSuchProduct", data: { sku } }) },
  },
  add: {
    input: ({ sku, name, pence }) => ({ sku, title: name, price: { amount: pence, currency: "GBP" } }),
    errors: { Forbidden: "PERMISSION_DENIED" },
  },
  prices: {
    output: ({ price }) => ({ pence: price.amount }),
    errors: { NoSuchItem: ({ sku }) => ({ code: "NoSuchProduct", data: { sku } }) },
  },
  added: { data: ({ sku, price }) => ({ sku, pence: price.amount }) },
  renamed: { never: "a title belongs to its item for good" },
});
// #endregion
