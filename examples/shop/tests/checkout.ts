import type { Rig } from "@kerf/testing";
import { DeclaredError } from "kerf";
import { describe, expect, test } from "vitest";
import { catalog } from "../services/catalog/contract.ts";
import { inventory } from "../services/inventory/contract.ts";
import { notifications } from "../services/notifications/contract.ts";
import { orders } from "../services/orders/contract.ts";
import { payments } from "../services/payments/contract.ts";
import { recommendations } from "../services/recommendations/contract.ts";
import { shipping } from "../services/shipping/contract.ts";
import { address, available, order, person, sell } from "./customers.ts";

async function paid(shop: Rig, orderId: string) {
  const { payments: all } = await shop.call(payments.payments, { limit: 1_000 });
  return all.find((payment) => payment.orderId === orderId);
}

async function parcels(shop: Rig, orderId: string) {
  const { shipments } = await shop.call(shipping.shipments, { limit: 1_000 });
  return shipments.filter((shipment) => shipment.orderId === orderId).map((shipment) => shipment.state);
}

export function checkoutTests(given: () => Rig): void {
  describe("checkout", () => {
    test("an order that can be met is paid, shipped, confirmed and mailed, once each", async () => {
      const shop = given();
      const placed = await order(
        shop,
        { lines: [{ offerId: "KG1001-1", quantity: 2 }], reference: "first" },
        person("alice"),
      );
      expect(placed).toMatchObject({ state: "confirmed", totalPence: 500, customerName: "Alice Example" });
      await shop.settled();
      expect(await available(shop, "KG1001")).toBe(198);
      const { orderId } = placed;
      expect(await paid(shop, orderId)).toEqual({ orderId, capturedPence: 500, refundedPence: 0 });
      expect(await parcels(shop, orderId)).toEqual(["booked"]);
      const { mails } = await shop.call(notifications.mails, { orderId });
      expect(mails.map((mail) => mail.messageId)).toEqual([`<order-${orderId}@shop.example>`]);
      expect(mails[0]!.text).toContain("2 × Scarlet Heart Hanging Ornament, £2.50 each: £5.00");
    });

    test("lines of one article are summed: too little of it refuses the whole order and holds nothing", async () => {
      const shop = given();
      const scarce = await sell(shop, "scarce lamp", 101, 3);
      const plenty = await sell(shop, "plenty", 101, 9);
      const refused = await order(shop, {
        lines: [
          { offerId: plenty, quantity: 1 },
          { offerId: scarce, quantity: 2 },
          { offerId: scarce, quantity: 2 },
        ],
      });
      expect(refused).toMatchObject({ state: "refused", reason: "OutOfStock" });
      await shop.settled();
      expect([await available(shop, scarce), await available(shop, plenty)]).toEqual([3, 9]);
      expect(await paid(shop, refused.orderId)).toBeUndefined();
      const { mails } = await shop.call(notifications.mails, { orderId: refused.orderId });
      expect(mails.map((mail) => mail.kind)).toEqual(["refusal"]);
    });

    test("a total that the bank declines refuses the order, and its stock can be ordered again", async () => {
      const shop = given();
      const article = await sell(shop, "declined", 36, 5);
      const refused = await order(shop, { lines: [{ offerId: article, quantity: 1 }] });
      expect(refused).toMatchObject({ state: "refused", reason: "Declined" });
      await shop.settled();
      expect(await available(shop, article)).toBe(5);
      expect(await paid(shop, refused.orderId)).toBeUndefined();
      expect(await parcels(shop, refused.orderId)).toEqual([]);
    });

    test("where no carrier goes, the payment is given back and the stock too", async () => {
      const shop = given();
      const article = await sell(shop, "too far", 333, 5);
      const refused = await order(shop, {
        lines: [{ offerId: article, quantity: 2 }],
        address: { ...address, country: "Antarctica" },
      });
      expect(refused).toMatchObject({ state: "refused", reason: "Undeliverable" });
      await shop.settled();
      const { orderId } = refused;
      expect(await paid(shop, orderId)).toEqual({ orderId, capturedPence: 666, refundedPence: 666 });
      expect(await available(shop, article)).toBe(5);
      const { log } = await shop.call(payments.bankLog, { limit: 1_000 });
      expect(log.filter((row) => row.key.includes(orderId)).map((row) => [row.key, row.outcome])).toEqual([
        [`charge-${orderId}`, "captured"],
        [`undo-${orderId}`, "refunded"],
      ]);
    });

    test("of many who want the last pieces, as many get one as there are", async () => {
      const shop = given();
      const [a, b] = [await sell(shop, "last A", 111, 3), await sell(shop, "last B", 111, 30)];
      const ends = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          // Alternately the other way round, so that locks taken in the order of lines would deadlock.
          order(shop, {
            lines: (i % 2 ? [a, b] : [b, a]).map((offerId) => ({ offerId, quantity: 1 })),
            reference: `race ${i}`,
          }),
        ),
      );
      expect(ends.filter((end) => end.state === "confirmed")).toHaveLength(3);
      await shop.settled();
      expect([await available(shop, a), await available(shop, b)]).toEqual([0, 27]);
    });

    test("the same command again is the same order, and a reference is taken once", async () => {
      const shop = given();
      const input = { lines: [{ offerId: "KG1002-1", quantity: 1 }], reference: "twice" };
      const as = person("ben");
      const first = await shop.call(orders.place, input, { as, id: "place-once" });
      expect(await shop.call(orders.place, input, { as, id: "place-once" })).toEqual(first);
      const again = shop.call(orders.place, input, { as });
      await expect(again).rejects.toMatchObject({ code: "ReferenceTaken", data: { reference: "twice" } });
      // Another customer's reference is theirs.
      expect(await order(shop, input, person("alice"))).toMatchObject({ reference: "twice" });
    });

    test("an offer that does not exist, and a guest without an address, are refused at once", async () => {
      const shop = given();
      const unknown = shop.call(orders.place, { lines: [{ offerId: "kg1001-1", quantity: 1 }], address });
      await expect(unknown).rejects.toMatchObject({ code: "UnknownOffer", data: { offerId: "kg1001-1" } });
      const nowhere = shop.call(orders.place, { lines: [{ offerId: "KG1001-1", quantity: 1 }] });
      await expect(nowhere).rejects.toBeInstanceOf(DeclaredError);
      await expect(nowhere).rejects.toMatchObject({ code: "AddressNeeded" });
    });

    test("an order pays what the offer it names says, whatever was offered later", async () => {
      const shop = given();
      const article = await sell(shop, "cheaper", 501, 10);
      await shop.call(catalog.registerOffers, { offers: [{ offerId: "cheaper-2", article, pence: 401 }] });
      const placed = await order(shop, { lines: [{ offerId: article, quantity: 1 }] });
      expect(placed.totalPence).toBe(501);
      const product = await shop.call(catalog.product, { code: article });
      expect(product.offer).toEqual({ offerId: "cheaper-2", pence: 401 });
      const other = shop.call(catalog.registerOffers, {
        offers: [{ offerId: "cheaper-2", article, pence: 1 }],
      });
      await expect(other).rejects.toMatchObject({ code: "OfferTaken" });
    });

    test("what is bought together is recommended", async () => {
      const shop = given();
      const [cup, saucer, bag] = [
        await sell(shop, "cup", 201, 50),
        await sell(shop, "saucer", 201, 50),
        await sell(shop, "bag", 203, 50),
      ];
      for (const basket of [[cup, saucer], [cup, saucer, bag], [bag], [bag]])
        await order(shop, { lines: basket.map((offerId) => ({ offerId, quantity: 1 })) });
      await shop.settled();
      const { alike } = await shop.call(recommendations.alike, { article: cup });
      expect(alike.map(({ article, together }) => ({ article, together }))).toEqual([
        { article: saucer, together: 2 },
      ]);
      expect(alike[0]!.lift).toBeGreaterThan(1);
    });

    test("opening stock can be corrected, but not below what is sold", async () => {
      const shop = given();
      const article = await sell(shop, "corrected", 205, 5);
      await order(shop, { lines: [{ offerId: article, quantity: 4 }] });
      await shop.call(inventory.setOpening, { items: [{ article, quantity: 7 }] });
      expect(await available(shop, article)).toBe(3);
      const tooLow = shop.call(inventory.setOpening, { items: [{ article, quantity: 3 }] });
      await expect(tooLow).rejects.toMatchObject({ code: "AlreadySold", data: { article, available: 3 } });
    });
  });
}
