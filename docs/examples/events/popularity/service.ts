import { on, service } from "kerf";
import { shows } from "../../contracts/contract.ts";
import { popularity } from "./contract.ts";

export default service(
  popularity,
  { database: { migrations: new URL("./migrations/", import.meta.url) } },
  {
    handle: {
      async seatsSold({ show }, { sql }) {
        const [row] = await sql<{ seats: number }>`select seats from sold where show = ${show}`;
        return row ?? { seats: 0 };
      },
    },
    // #region replayable
    react: [
      on(
        shows.reserved,
        async ({ show, seats }, { sql }) => {
          await sql`insert into sold (show, seats) values (${show}, ${seats})
            on conflict (show) do update set seats = sold.seats + ${seats}`;
        },
        { replayable: { tables: ["sold"] } },
      ),
    ],
    // #endregion
  },
);
