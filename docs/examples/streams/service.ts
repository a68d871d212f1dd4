import { service } from "kerf";
import { auction } from "./contract.ts";

export default service(
  auction,
  { database: { migrations: new URL("./migrations/", import.meta.url) } },
  {
    handle: {
      async bid({ lot, pence }, { sql, emit }) {
        // The row is locked until the commit, so that bids of a lot become visible in the order of their numbers.
        const [row] = await sql<{ number: number }>`
          insert into lot (lot, bids) values (${lot}, 1)
          on conflict (lot) do update set bids = lot.bids + 1 returning bids as number`;
        const { number } = row!;
        await sql`insert into bid (lot, number, pence) values (${lot}, ${number}, ${pence})`;
        emit(auction.bidPlaced, { lot, number, pence });
        return { number, pence };
      },
      // #region handler
      async *bids({ lot, after = 0 }, { read, changes }) {
        for await (const _ of changes(lot)) {
          const bids = await read(
            (sql) => sql<{ number: number; pence: number }>`
              select number, pence from bid where lot = ${lot} and number > ${after} order by number`,
          );
          for (const bid of bids) {
            yield bid;
            after = bid.number;
          }
        }
      },
      // #endregion
    },
  },
);
