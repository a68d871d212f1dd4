import type { Rig } from "@kerf/testing";
import { describe, expect, test } from "vitest";
import { orders } from "../services/orders/contract.ts";
import { users } from "../services/users/contract.ts";
import { address, order, person } from "./customers.ts";

const profile = (userId: string) => ({ userId, name: `Customer ${userId}`, address });

export function nameTests(given: () => Rig): void {
  describe("the copy of the users' names", () => {
    test("follows a change, and the next mail greets by the new name", async () => {
      const shop = given();
      const as = person("nora");
      await shop.call(users.register, { name: "Nora Old", address }, { as });
      const { orderId } = await order(shop, { lines: [{ offerId: "KG1004-1", quantity: 1 }] }, as);
      await shop.call(users.rename, { userId: "nora", name: "Nora New" }, { as });
      await shop.settled();
      expect((await shop.call(orders.get, { orderId }, { as })).customerName).toBe("Nora New");
    });

    test("can be rebuilt, also of people who were there before anybody listened", async () => {
      const shop = given();
      let copied = 0;
      for (let after: string | undefined, more = true; more; more = after !== undefined) {
        const page = await shop.call(orders.rebuildNames, { after, limit: 2 });
        copied += page.copied;
        after = page.next;
      }
      expect(copied).toBeGreaterThanOrEqual(3);
      const { orders: list } = await shop.call(orders.list, { customerId: "nora" });
      expect(list.map((one) => one.customerName)).toEqual(["Nora New"]);
    });

    test("an import tells of those who are new", async () => {
      const shop = given();
      await shop.call(users.import, { users: [profile("17850"), profile("13047")] });
      expect(await shop.call(users.import, { users: [profile("13047"), profile("12583")] })).toEqual({
        registered: 1,
      });
      for (const userId of ["17850", "13047", "12583"]) await shop.seen(users.registered, { userId });
    });
  });
}
