import { service } from "kerf";
import { pageOf } from "../../shapes/page.ts";
import { inventory } from "./contract.ts";
import { wants } from "./needs.ts";
import { setOpening } from "./opening.ts";
import { release, reserve } from "./reserve.ts";
import { restock, sell } from "./restock.ts";
import type { Item } from "./sum.ts";

interface Level {
  article: string;
  opening: number;
  available: number;
  reserved: number;
  sold: number;
}

interface Reservation {
  orderId: string;
  state: "held" | "released" | "sold";
  items: Item[];
}

export default service(inventory, wants, {
  handle: {
    setOpening,
    reserve,
    release,

    async stock({ article }, { sql }) {
      const [row] = await sql<{ available: number }>`
        select available from stock where article = ${article}`;
      return { article, available: row?.available ?? 0 };
    },

    async stocks({ articles }, { sql }) {
      return {
        stocks: await sql<{ article: string; available: number }>`
          select wanted.article, coalesce(available, 0) as available
            from unnest(${articles}::text[]) as wanted(article) left join stock using (article)`,
      };
    },

    async levels({ after = "", limit }, { sql }) {
      const rows = await sql<Level>`
        select article, opening, available, reserved, sold from stock
         where article > ${after} order by article limit ${limit + 1}`;
      const { rows: levels, next } = pageOf(rows, limit, (row) => row.article);
      return { levels, next };
    },

    async reservations({ after = "", limit }, { sql }) {
      const rows = await sql<Reservation>`
        select r.order_id as "orderId", r.state,
               (select json_agg(json_build_object('article', i.article, 'quantity', i.quantity) order by i.article)
                  from reservation_item i where i.order_id = r.order_id) as items
          from reservation r where r.order_id > ${after} order by r.order_id limit ${limit + 1}`;
      const { rows: reservations, next } = pageOf(rows, limit, (row) => row.orderId);
      return { reservations, next };
    },
  },
  react: [sell, restock],
});
