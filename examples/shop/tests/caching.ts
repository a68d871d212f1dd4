import type { Rig } from "@kerf/testing";
import { describe, expect, test } from "vitest";
import { catalog } from "../services/catalog/contract.ts";
import { storefront } from "../services/storefront/contract.ts";
import { sell } from "./customers.ts";

/** What is asked often is answered from memory, and yet nobody is shown a price that has changed. */
export function cachingTests(given: () => Rig): void {
  describe("caching", () => {
    const hitsOf = async (id: string): Promise<number> =>
      (await given().status()).reduce((sum, { cache }) => sum + (cache?.queries[id]?.hits ?? 0), 0);

    test("a price that changes is seen wherever it is shown, and other articles stay where they are", async () => {
      const shop = given();
      const [dear, other] = [
        await sell(shop, "dear-teapot", 901, 5),
        await sell(shop, "other-teapot", 100, 5),
      ];
      const seen = async () => {
        const { offer } = await shop.call(catalog.product, { code: dear });
        const { products } = await shop.call(catalog.search, { search: "dear-teapot" });
        const { offers } = await shop.call(catalog.offersOf, { article: dear });
        const page = await shop.call(storefront.productPage, { code: dear });
        return [offer, products[0]!.offer, offers[0], page.offer].map((each) => each!.pence);
      };
      // What `sell` stated may be heard a moment later, and repeated: it is only for hits that this is waited for.
      await shop.settled();
      expect(await seen()).toEqual([901, 901, 901, 901]);
      await shop.call(catalog.product, { code: other });

      await shop.call(catalog.registerOffers, {
        offers: [{ offerId: "dear-teapot-2", article: dear, pence: 801 }],
      });
      expect(await seen()).toEqual([801, 801, 801, 801]);

      await shop.settled();
      await seen();
      const before = await hitsOf(catalog.product.id);
      expect(await seen()).toEqual([801, 801, 801, 801]);
      await shop.call(catalog.product, { code: other });
      // The page asks for the product too.
      expect((await hitsOf(catalog.product.id)) - before).toBe(3);
    });

    test("a name that changes is found by its new words at once", async () => {
      const shop = given();
      const article = await sell(shop, "renamed", 301, 5);
      const search = async (text: string) => (await shop.call(catalog.search, { search: text })).total;
      expect([await search("renamed"), await search("zeppelin")]).toEqual([1, 0]);
      await shop.call(catalog.registerArticles, { articles: [{ code: article, name: "A zeppelin" }] });
      expect(await search("zeppelin")).toBe(1);
    });
  });
}
