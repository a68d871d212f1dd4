import { service } from "kerf";
import { missing } from "../../shapes/missing.ts";
import { catalog } from "./contract.ts";
import { wants } from "./needs.ts";
import { registerArticles, registerOffers } from "./register.ts";
import { productOf, search, type ProductRow } from "./search.ts";

export default service(catalog, wants, {
  handle: {
    search,
    registerArticles,
    registerOffers,

    async product({ code }, { sql }) {
      const [row] = await sql<ProductRow>`
        select a.code, a.name, a.description, o.offer_id as "offerId", o.pence
          from article a
          left join lateral (select offer_id, pence from offer
                              where article = a.code order by number desc limit 1) o on true
         where a.code = ${code}`;
      if (!row) throw missing("article", code);
      return productOf(row);
    },

    async products({ codes }, { sql }) {
      const rows = await sql<ProductRow>`
        select a.code, a.name, a.description, o.offer_id as "offerId", o.pence
          from article a
          left join lateral (select offer_id, pence from offer
                              where article = a.code order by number desc limit 1) o on true
         where a.code = any(${codes}::text[])`;
      return { products: rows.map(productOf) };
    },

    async offers({ offerIds }, { sql }) {
      return {
        offers: await sql<{ offerId: string; article: string; pence: number; name: string }>`
          select o.offer_id as "offerId", o.article, o.pence, a.name
            from offer o join article a on a.code = o.article
           where o.offer_id = any(${offerIds}::text[])`,
      };
    },

    async offersOf({ article }, { sql }) {
      return {
        offers: await sql<{ offerId: string; article: string; pence: number }>`
          select offer_id as "offerId", article, pence
            from offer where article = ${article} order by number desc limit 100`,
      };
    },
  },
});
