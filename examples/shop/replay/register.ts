import type { AnyCommand, Input } from "kerf";
import type { Client } from "./client.ts";
import { catalog, inventory, users } from "./contracts.ts";
import { addressOf } from "./people.ts";
import type { Plan } from "./plan.ts";

/** Well below the 1,000 of an import and the 100 KiB of a body. */
const batch = 250;

export const backOffice = "dev:backoffice:staff";

/** What the back office does before the shop opens: articles, offers, opening stock, and the customers it knows. */
export async function register(client: Client, plan: Plan): Promise<void> {
  const articles = [...plan.articles].map(([code, name]) => ({ code, name }));
  const items = [...plan.opening].map(([article, quantity]) => ({ article, quantity }));
  const people = [...plan.customers].map(([userId, country]) => {
    const address = addressOf(userId, country);
    return { userId, name: address.name, address };
  });
  await inBatches(client, catalog.registerArticles, articles, (some) => ({ articles: some }));
  await Promise.all([
    inBatches(client, catalog.registerOffers, plan.offers, (some) => ({ offers: [...some] })),
    inBatches(client, inventory.setOpening, items, (some) => ({ items: some })),
    inBatches(client, users.import, people, (some) => ({ users: some })),
  ]);
}

async function inBatches<M extends AnyCommand, T>(
  client: Client,
  member: M,
  all: readonly T[],
  inputOf: (some: T[]) => Input<M>,
): Promise<void> {
  for (let at = 0; at < all.length; at += batch)
    await client.ask(member, inputOf(all.slice(at, at + batch)), {
      as: backOffice,
      key: `replay-${member.id}-${at}`,
    });
}
