import { on, service } from "kerf";
import { shows } from "../contracts/contract.ts";
import { attendance } from "./contract.ts";

export default service(
  attendance,
  { database: { migrations: new URL("./migrations/", import.meta.url) }, uses: [shows] },
  {
    handle: {
      async expected({ show }, { sql }) {
        const [row] = await sql<{ guests: number; bookings: number }>`
          select guests, bookings from expected where show = ${show}`;
        return row ?? { guests: 0, bookings: 0 };
      },
    },
    // #region react
    react: [
      on(shows.reserved, async ({ show, seats, left }, { sql, send }) => {
        await sql`insert into expected (show, guests, bookings) values (${show}, ${seats}, 1)
          on conflict (show) do update set guests = expected.guests + ${seats}, bookings = expected.bookings + 1`;
        if (left === 0) send(shows.close, { show }, { id: `sold out ${show}` });
      }),
    ],
    // #endregion
  },
);
