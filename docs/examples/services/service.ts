import { service } from "kerf";
import { shows } from "../contracts/contract.ts";
import { wants } from "./needs.ts";
import { reserve } from "./reserve.ts";

// #region service
export default service(shows, wants, {
  handle: {
    async seats({ show }, { sql, fail }) {
      const [row] = await sql<{ title: string; left: number; closed: boolean }>`
        select title, seats_left as left, closed from show where id = ${show}`;
      if (!row) throw fail("NoSuchShow", { show });
      return { title: row.title, left: row.left, sale: row.closed ? "closed" : "open" };
    },
    async announce({ show, title, seats }, { sql }) {
      await sql`insert into show (id, title, seats_left) values (${show}, ${title}, ${seats}) on conflict do nothing`;
      return {};
    },
    reserve,
    async release({ booking }, { sql }) {
      await sql`with freed as (delete from reservation where booking = ${booking} returning show, seats)
        update show set seats_left = seats_left + freed.seats from freed where id = freed.show`;
      return {};
    },
    async close({ show }, { sql, log }) {
      await sql`update show set closed = true where id = ${show}`;
      log.info({ show }, "the sale is closed");
      return {};
    },
  },
});
// #endregion
