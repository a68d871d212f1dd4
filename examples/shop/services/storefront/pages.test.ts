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

test("a product page puts product, stock and recommendations together", async () => {
  await using shop = await rig(app, {
    run: ["storefront"],
    fakes: [
      product,
      fake(inventory, { stock: ({ article }) => ({ article, available: 7 }) }),
      fake(recommendations, {
        alike: ({ article }) => ({ article, alike: [{ article: "H2", lift: 3, together: 9 }] }),
      }),
    ],
  });
  expect(await shop.call(storefront.productPage, { code: "H1" })).toEqual({
    ...heart,
    available: 7,
    alike: ["H2"],
    parts: { stock: "ok", recommendations: "ok" },
  });
});

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
