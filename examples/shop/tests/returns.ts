import type { Rig } from "@kerf/testing";
import { describe, expect, test } from "vitest";
import { catalog } from "../services/catalog/contract.ts";
import { notifications } from "../services/notifications/contract.ts";
import { orders } from "../services/orders/contract.ts";
import { payments } from "../services/payments/contract.ts";
import { shipping } from "../services/shipping/contract.ts";
import { available, order, person, returnEnded, sell } from "./customers.ts";

const alice = person("alice");

export function returnTests(given: () => Rig): void {
  describe("returns", () => {
    test("pieces come back from the newest lines, at the price paid for each, and into stock", async () => {
      const shop = given();
      const article = await sell(shop, "BANK CHARGES", 255, 20);
      await shop.call(catalog.registerOffers, { offers: [{ offerId: "dear", article, pence: 301 }] });
      const older = await order(shop, { lines: [{ offerId: article, quantity: 4 }] }, alice);
      const newer = await order(
        shop,
        {
          lines: [
            { offerId: article, quantity: 2 },
            { offerId: "dear", quantity: 1 },
          ],
        },
        alice,
      );
      const asked = await shop.call(orders.requestReturn, { article, quantity: 5 }, { as: alice });
      expect(asked).toMatchObject({
        state: "requested",
        pence: 301 + 2 * 255 + 2 * 255,
        parts: [
          { orderId: newer.orderId, line: 2, quantity: 1, pence: 301 },
          { orderId: newer.orderId, line: 1, quantity: 2, pence: 255 },
          { orderId: older.orderId, line: 1, quantity: 2, pence: 255 },
        ],
      });
      expect(await returnEnded(shop, asked.returnId)).toMatchObject({ refunded: true, restocked: true });
      await shop.settled();
      expect(await available(shop, article)).toBe(18);
      const { payments: all } = await shop.call(payments.payments, { limit: 1_000 });
      const refunds = new Map(all.map((payment) => [payment.orderId, payment.refundedPence]));
      expect([refunds.get(older.orderId), refunds.get(newer.orderId)]).toEqual([510, 811]);
      const { parcels } = await shop.call(shipping.returnParcels, { limit: 1_000 });
      expect(parcels.filter((parcel) => parcel.returnId === asked.returnId)).toMatchObject([
        { article, quantity: 5 },
      ]);
      const { mails } = await shop.call(notifications.mailsOf, { customerId: "alice" });
      expect(mails.filter((mail) => mail.returnId === asked.returnId).map((mail) => mail.subject)).toEqual([
        "Your refund of £13.21",
      ]);
    });

    test("fewer left than asked for: nothing comes back", async () => {
      const shop = given();
      const article = await sell(shop, "kept", 255, 20);
      await order(shop, { lines: [{ offerId: article, quantity: 4 }] }, alice);
      await order(shop, { lines: [{ offerId: article, quantity: 9 }] }, person("ben"));
      const many = shop.call(orders.requestReturn, { article, quantity: 5 }, { as: alice });
      await expect(many).rejects.toMatchObject({ code: "NothingToReturn", data: { article, left: 4 } });
      const other = shop.call(orders.requestReturn, { article: "KEPT", quantity: 1 }, { as: alice });
      await expect(other).rejects.toMatchObject({ code: "NothingToReturn", data: { left: 0 } });
    });

    test("pieces of an order that was refused cannot come back", async () => {
      const shop = given();
      const article = await sell(shop, "refused", 36, 20);
      expect(await order(shop, { lines: [{ offerId: article, quantity: 1 }] }, alice)).toMatchObject({
        state: "refused",
      });
      const asked = shop.call(orders.requestReturn, { article, quantity: 1 }, { as: alice });
      await expect(asked).rejects.toMatchObject({ code: "NothingToReturn" });
    });

    test("of many returns at once, no piece comes back twice", async () => {
      const shop = given();
      const article = await sell(shop, "wanted back", 255, 20);
      await order(shop, { lines: [{ offerId: article, quantity: 3 }] }, alice);
      await order(shop, { lines: [{ offerId: article, quantity: 4 }] }, alice);
      const asked = await Promise.allSettled(
        Array.from({ length: 6 }, () =>
          shop.call(orders.requestReturn, { article, quantity: 2 }, { as: alice }),
        ),
      );
      const taken = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      expect(taken).toHaveLength(3);
      const refusals = asked.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
      expect(refusals).toEqual(Array.from({ length: 3 }, () => "NothingToReturn"));
      for (const one of taken) await returnEnded(shop, one.returnId);
      expect(await available(shop, article)).toBe(19);
    });

    test("a whole line comes back only if all of it is still there", async () => {
      const shop = given();
      const [whole, part] = [await sell(shop, "whole", 255, 20), await sell(shop, "part", 255, 20)];
      const { orderId } = await order(
        shop,
        {
          lines: [
            { offerId: whole, quantity: 6 },
            { offerId: part, quantity: 6 },
          ],
        },
        alice,
      );
      const asked = await shop.call(orders.requestReturn, { article: part, quantity: 1 }, { as: alice });
      await returnEnded(shop, asked.returnId);
      const line = await shop.call(orders.returnLine, { orderId, line: 1 }, { as: alice });
      expect(line).toMatchObject({ article: whole, quantity: 6, pence: 6 * 255 });
      await returnEnded(shop, line.returnId);
      for (const [gone, left] of [
        [1, 0],
        [2, 5],
      ] as const)
        await expect(
          shop.call(orders.returnLine, { orderId, line: gone }, { as: alice }),
        ).rejects.toMatchObject({ code: "NothingToReturn", data: { left } });
    });
  });
}
