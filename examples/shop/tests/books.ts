import type { Rig } from "@kerf/testing";
import { describe, expect, test } from "vitest";
import { inventory } from "../services/inventory/contract.ts";
import { notifications } from "../services/notifications/contract.ts";
import { orders } from "../services/orders/contract.ts";
import { payments } from "../services/payments/contract.ts";
import { shipping } from "../services/shipping/contract.ts";

/** All pages of a listing. */
async function all<P extends { next?: K | undefined }, K, R>(
  page: (after: K | undefined) => Promise<P>,
  rowsOf: (page: P) => readonly R[],
): Promise<R[]> {
  const rows: R[] = [];
  let after: K | undefined;
  do {
    const one = await page(after);
    rows.push(...rowsOf(one));
    after = one.next;
  } while (after !== undefined);
  return rows;
}

export function bookTests(given: () => Rig): void {
  describe("the books", () => {
    test("agree with each other", async () => {
      const shop = given();
      await shop.settled();
      const limit = 7;
      const [decisions, paid, entries, log, levels, shipments, mails, held] = await Promise.all([
        all(
          (after: number | undefined) => shop.call(orders.decisions, { after, limit }),
          (p) => p.decisions,
        ),
        all(
          (after: string | undefined) => shop.call(payments.payments, { after, limit }),
          (p) => p.payments,
        ),
        all(
          (after: number | undefined) => shop.call(payments.entries, { after, limit }),
          (p) => p.entries,
        ),
        all(
          (after: number | undefined) => shop.call(payments.bankLog, { after, limit }),
          (p) => p.log,
        ),
        all(
          (after: string | undefined) => shop.call(inventory.levels, { after, limit: 100 }),
          (p) => p.levels,
        ),
        all(
          (after: number | undefined) => shop.call(shipping.shipments, { after, limit }),
          (p) => p.shipments,
        ),
        all(
          (after: number | undefined) => shop.call(notifications.mails, { after, limit }),
          (p) => p.mails,
        ),
        all(
          (after: string | undefined) => shop.call(inventory.reservations, { after, limit }),
          (p) => p.reservations,
        ),
      ]);
      const confirmed = decisions.filter((order) => order.state === "confirmed");
      const refused = decisions.filter((order) => order.state === "refused");
      expect(decisions.length).toBe(confirmed.length + refused.length);
      expect(decisions.length).toBeGreaterThan(20);

      const balance = await shop.call(payments.trialBalance, {});
      expect(balance).toMatchObject({ sumPence: 0, unbalancedEntries: 0 });
      expect(entries.flatMap((entry) => entry.postings).reduce((sum, p) => sum + p.pence, 0)).toBe(0);
      const atBank = log.reduce(
        (sum, row) =>
          sum + (row.outcome === "captured" ? row.pence : row.outcome === "refunded" ? -row.pence : 0),
        0,
      );
      expect(balance.accounts.find((a) => a.account === "bank")!.balancePence).toBe(atBank);
      expect(paid.reduce((sum, p) => sum + p.capturedPence - p.refundedPence, 0)).toBe(atBank);

      for (const { orderId, totalPence } of confirmed) {
        expect(paid.filter((p) => p.orderId === orderId)).toMatchObject([{ capturedPence: totalPence }]);
        expect(shipments.filter((s) => s.orderId === orderId)).toMatchObject([{ state: "booked" }]);
        expect(mails.filter((m) => m.orderId === orderId)).toMatchObject([{ kind: "confirmation" }]);
      }
      for (const { orderId } of refused) {
        const payment = paid.find((p) => p.orderId === orderId);
        expect(payment?.refundedPence).toBe(payment?.capturedPence);
        expect(held.filter((r) => r.orderId === orderId && r.state !== "released")).toEqual([]);
        expect(shipments.filter((s) => s.orderId === orderId && s.state === "booked")).toEqual([]);
      }
      expect(levels.filter((l) => l.reserved !== 0)).toEqual([]);
      expect(levels.filter((l) => l.opening !== l.available + l.sold)).toEqual([]);
      const status = await shop.status();
      expect(status.every((unit) => unit.deadLetters === 0 && unit.parkedSagas === 0)).toBe(true);
    });
  });
}
