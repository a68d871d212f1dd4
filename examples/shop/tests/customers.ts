import type { Rig } from "@kerf/testing";
import type { Actor, Input, Output } from "kerf";
import { catalog } from "../services/catalog/contract.ts";
import { inventory } from "../services/inventory/contract.ts";
import { orders } from "../services/orders/contract.ts";

export const address = {
  name: "Gil Guest",
  email: "gil@guests.example",
  lines: ["3 Harbour Steps", "Oban PA34 4AA"],
  country: "United Kingdom",
};

export const person = (id: string): Actor => ({ id, roles: [] });

/** Puts an article on sale: its offer's id is its code. */
export async function sell(shop: Rig, article: string, pence: number, quantity: number): Promise<string> {
  await shop.call(catalog.registerArticles, { articles: [{ code: article, name: `The ${article}` }] });
  await shop.call(catalog.registerOffers, { offers: [{ offerId: article, article, pence }] });
  await shop.call(inventory.setOpening, { items: [{ article, quantity }] });
  return article;
}

/** How many pieces can be ordered, now: what shows one article's may be a second old. */
export async function available(shop: Rig, article: string): Promise<number> {
  const { stocks } = await shop.call(inventory.stocks, { articles: [article] });
  return stocks[0]!.available;
}

type Order = Output<typeof orders.get>;

/** Places an order and waits for its end. Without `as` it is a guest's. */
export async function order(shop: Rig, input: Input<typeof orders.place>, as?: Actor): Promise<Order> {
  const options = as ? { as } : {};
  const whose = as ? input : { address, ...input };
  const { orderId } = await shop.call(orders.place, whose, options);
  for (let tries = 0; tries < 10; tries++) {
    const found = await shop.call(orders.get, { orderId, waitMs: 1_500 }, options);
    if (found.state !== "pending") return found;
  }
  throw new Error(`the order ${orderId} is still pending`);
}

type Return = Output<typeof orders.getReturn>;

export async function returnEnded(shop: Rig, returnId: string): Promise<Return> {
  for (let tries = 0; tries < 10; tries++) {
    const found = await shop.call(orders.getReturn, { returnId, waitMs: 1_500 });
    if (found.state === "completed") return found;
  }
  throw new Error(`the return ${returnId} is not completed`);
}
