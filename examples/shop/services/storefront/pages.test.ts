import { fake, rig } from "@kerf/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import app from "../../kerf.config.ts";
import { catalog } from "../catalog/contract.ts";
import { inventory } from "../inventory/contract.ts";
import { notifications } from "../notifications/contract.ts";
import { orders } from "../orders/contract.ts";
import { recommendations } from "../recommendations/contract.ts";
import { users } from "../users/contract.ts";
import { storefront } from "./contract.ts";

const heart = { code: "H1", name: "Heart", description: "", offer: { offerId: "H1-1", pence: 250 } };
const product = fake(catalog, { product: () => heart });
const alice = { id: "alice", roles: [] };

/** Articles, each named and stocked by its own code; the questions that were asked for them. */
function shelves() {
  const asked: (readonly string[])[] = [];
  const named = (code: string) => ({ ...heart, code, name: `The ${code}` });
  const fakes = [
    fake(catalog, {
      product: () => heart,
      products: ({ codes }) => {
        asked.push(["products", ...codes]);
        return { products: codes.filter((code) => code !== "GONE").map(named) };
      },
    }),
    fake(inventory, {
      stock: ({ article }) => ({ article, available: 7 }),
      stocks: ({ articles }) => {
        asked.push(["stocks", ...articles]);
        return { stocks: articles.map((article) => ({ article, available: article.length })) };
      },
    }),
    fake(recommendations, {
      alike: ({ article }) => ({
        article,
        alike: ["H2", "GONE", "H300"].map((code) => ({ article: code, lift: 3, together: 9 })),
      }),
    }),
  ];
  return { asked, fakes };
}

test("a product page puts product, stock and recommendations together", async () => {
  const { asked, fakes } = shelves();
  await using shop = await rig(app, { run: ["storefront"], fakes });
  expect(await shop.call(storefront.productPage, { code: "H1" })).toEqual({
    ...heart,
    available: 7,
    alike: ["H2", "GONE", "H300"],
    suggestions: [
      { code: "H2", name: "The H2", offer: heart.offer, available: 2 },
      { code: "H300", name: "The H300", offer: heart.offer, available: 4 },
    ],
    parts: { stock: "ok", recommendations: "ok" },
  });
  // However many articles a page suggests, it asks each service once.
  expect(asked.toSorted()).toEqual([
    ["products", "H2", "GONE", "H300"],
    ["stocks", "H2", "GONE", "H300"],
  ]);
});

test("what one page has looked up is not what the next is told", async () => {
  const { asked, fakes } = shelves();
  await using shop = await rig(app, { run: ["storefront"], fakes });
  await Promise.all([1, 2, 3].map(() => shop.call(storefront.productPage, { code: "H1" })));
  expect(asked.length).toBe(6);
});

test(
  "a service that dies takes its part of the page with it, and no more",
  { timeout: 120_000 },
  async () => {
    await using shop = await rig(app, {
      run: ["storefront", "catalog", "inventory"],
      mode: "processes",
      config: new URL("../../kerf.config.ts", import.meta.url),
    });
    await shop.call(catalog.registerArticles, { articles: [{ code: "H1", name: "Heart" }] });
    await shop.call(inventory.setOpening, { items: [{ article: "H1", quantity: 7 }] });
    const page = () => shop.call(storefront.productPage, { code: "H1" });
    expect(await page()).toMatchObject({ name: "Heart", available: 7, parts: { stock: "ok" } });
    const articles = ["H1", "none"];
    expect((await shop.call(inventory.stocks, { articles })).stocks).toEqual([
      { article: "H1", available: 7 },
      { article: "none", available: 0 },
    ]);
    expect((await shop.call(catalog.products, { codes: articles })).products.map(({ code }) => code)).toEqual(
      ["H1"],
    );

    await shop.processes.get("inventory")!.kill();
    const began = Date.now();
    const without = await page();
    expect(without).toMatchObject({ name: "Heart", parts: { stock: "unavailable" } });
    expect(without.available).toBeUndefined();
    expect(Date.now() - began).toBeLessThan(2_000);
    expect((await shop.processes.get("storefront")!.status()).leftOut).toBeGreaterThan(0);

    await shop.restart("inventory");
    await expect.poll(page, { timeout: 10_000 }).toMatchObject({ available: 7, parts: { stock: "ok" } });
    await shop.processes.get("catalog")!.kill();
    await expect(page()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  },
);

test("what is down or slow is left out of the page, and said to be", async () => {
  await using shop = await rig(app, {
    run: ["storefront"],
    fakes: [
      product,
      fake(inventory, {
        stock: async ({ article }) => {
          await sleep(3_000);
          return { article, available: 7 };
        },
      }),
    ],
  });
  const began = Date.now();
  const page = await shop.call(storefront.productPage, { code: "H1" });
  expect(page).toEqual({
    ...heart,
    alike: [],
    suggestions: [],
    parts: { stock: "unavailable", recommendations: "unavailable" },
  });
  expect(Date.now() - began).toBeLessThan(2_500);
});

test("without the product there is no page", async () => {
  await using shop = await rig(app, { run: ["storefront", "catalog"] });
  const page = shop.call(storefront.productPage, { code: "none" });
  await expect(page).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("an account page comes with the parts that there are", async () => {
  const placedAt = "2010-12-01T08:26:00.000Z";
  await using shop = await rig(app, {
    run: ["storefront"],
    fakes: [
      fake(users, {}),
      fake(notifications, { mailsOf: () => ({ mails: [] }) }),
      fake(orders, {
        list: ({ customerId }) => ({
          orders: [
            {
              orderId: "o1",
              number: 1,
              customerId,
              customerName: "A",
              state: "confirmed" as const,
              totalPence: 5,
              placedAt,
            },
          ],
        }),
        returns: () => ({ returns: [] }),
      }),
    ],
  });
  expect(await shop.call(storefront.accountPage, {}, { as: alice })).toEqual({
    customerId: "alice",
    orders: [{ orderId: "o1", state: "confirmed", totalPence: 5, placedAt }],
    returns: [],
    mails: [],
    parts: { user: "unavailable", orders: "ok", returns: "ok", mails: "ok" },
  });
});
