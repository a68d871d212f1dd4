import { service } from "kerf";
import { reviews } from "./contract.ts";

type Row = { show: string; stars: number; words: string[]; seat: { row: string; number: number } };

export default service(
  reviews,
  { database: { migrations: new URL("./migrations/", import.meta.url) } },
  {
    handle: {
      // #region sql
      async write({ show, stars, words, seat }, { sql }) {
        const [row] = await sql<{ at: string }>`
          insert into review (show, stars, words, seat)
          values (${show}, ${stars}, ${words}::text[], ${sql.json(seat)}) returning at`;
        return row!;
      },
      async read({ shows, stars }, { sql }) {
        const wanted = sql.fragment`show = any (${shows}::text[])`;
        const starred = stars === undefined ? sql.fragment`` : sql.fragment`and stars = ${stars}`;
        const [found, [count]] = await Promise.all([
          sql<Row>`select show, stars, words, seat from review where ${wanted} ${starred} order by id limit 100`,
          sql<{ total: number }>`select count(*) as total from review where ${wanted} ${starred}`,
        ]);
        return { reviews: found, total: count!.total };
      },
      // #endregion
    },
  },
);
