import type { Output } from "kerf";
import type { carts } from "../../services/carts/contract.ts";
import type { catalog } from "../../services/catalog/contract.ts";
import type { orders } from "../../services/orders/contract.ts";
import type { storefront } from "../../services/storefront/contract.ts";
import { ask } from "./ask.ts";

/** The contracts' own types: what changes there is an error here. */
export type Found = Output<typeof catalog.search>;
export type Product = Found["products"][number];
export type ProductPage = Output<typeof storefront.productPage>;
export type Cart = Output<typeof carts.get>;
export type CartLine = Cart["lines"][number];
export type Order = Output<typeof orders.watch>;
export type Orders = Output<typeof orders.list>["orders"];

export const pageSize = 24;

export function search(words: string, page: number, signal?: AbortSignal): Promise<Found> {
  const query = new URLSearchParams({ search: words, page: String(page), pageSize: String(pageSize) });
  return ask(`/products?${query}`, { signal });
}

export function productPage(code: string, signal?: AbortSignal): Promise<ProductPage> {
  return ask(`/storefront/products/${encodeURIComponent(code)}`, { signal });
}

export function product(code: string, signal?: AbortSignal): Promise<Product> {
  return ask(`/products/${encodeURIComponent(code)}`, { signal });
}

export function myOrders(signal?: AbortSignal): Promise<Output<typeof orders.list>> {
  return ask("/orders?newestFirst=true&limit=50", { signal });
}
