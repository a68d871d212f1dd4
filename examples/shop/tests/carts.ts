import type { Rig } from "@kerf/testing";
import { describe, expect, test } from "vitest";
import { carts } from "../services/carts/contract.ts";
import { orders } from "../services/orders/contract.ts";
import { person, sell } from "./customers.ts";

export function cartTests(given: () => Rig): void {
  describe("carts", () => {
    test("a cart becomes an order at the prices it showed", async () => {
      const shop = given();
      const as = person("alice");
      const [a, b] = [await sell(shop, "cart A", 250, 10), await sell(shop, "cart B", 99, 10)];
      const { cartId } = await shop.call(carts.create, {}, { as });
      await shop.call(carts.addLine, { cartId, offerId: a }, { as });
      await shop.call(carts.addLine, { cartId, offerId: b, quantity: 5 }, { as });
      await shop.call(carts.addLine, { cartId, offerId: a, quantity: 2 }, { as });
      const changed = await shop.call(carts.changeLine, { cartId, line: 2, quantity: 1 }, { as });
      expect(changed).toMatchObject({ state: "open", totalPence: 3 * 250 + 99 });
      expect(await shop.call(carts.checkout, { cartId }, { as })).toMatchObject({ state: "placing" });
      await shop.settled();
      const cart = await shop.call(carts.get, { cartId }, { as });
      expect(cart.state).toBe("ordered");
      const order = await shop.call(orders.get, { orderId: cart.orderId! }, { as });
      expect(order).toMatchObject({ state: "confirmed", customerId: "alice", totalPence: 849 });
      const late = shop.call(carts.removeLine, { cartId, line: 1 }, { as });
      await expect(late).rejects.toMatchObject({ code: "CartClosed", data: { state: "ordered" } });
    });

    test("a cart that was filled before logging in becomes the order of who then orders it", async () => {
      const shop = given();
      const as = person("ben");
      const offerId = await sell(shop, "cart C", 250, 10);
      const { cartId } = await shop.call(carts.create, {});
      await shop.call(carts.addLine, { cartId, offerId });
      await shop.call(carts.checkout, { cartId }, { as });
      await shop.settled();
      const { orderId } = await shop.call(carts.get, { cartId }, { as });
      const order = await shop.call(orders.get, { orderId: orderId! }, { as });
      expect(order).toMatchObject({ state: "confirmed", customerId: "ben" });
    });

    test("a checkout that comes to nothing opens the cart again and says why", async () => {
      const shop = given();
      const { cartId } = await shop.call(carts.create, {});
      await shop.call(carts.addLine, { cartId, offerId: "KG1003-1" });
      await shop.call(carts.checkout, { cartId });
      await shop.settled();
      const cart = await shop.call(carts.get, { cartId });
      expect(cart).toMatchObject({ state: "open", problem: "AddressNeeded" });
      expect(cart.orderId).toBeUndefined();
    });

    test("an empty cart cannot be ordered, and a line that is not there not be removed", async () => {
      const shop = given();
      const { cartId } = await shop.call(carts.create, {});
      await expect(shop.call(carts.checkout, { cartId })).rejects.toMatchObject({ code: "CartEmpty" });
      await expect(shop.call(carts.removeLine, { cartId, line: 1 })).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
      await expect(shop.call(carts.get, { cartId: "none" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });
}
