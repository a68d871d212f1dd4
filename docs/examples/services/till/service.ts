import { service, twoPhase } from "kerf";
import { z } from "zod";
import { takeMoney } from "./bank.ts";
import { till } from "./contract.ts";

// #region settings
export default service(
  till,
  {
    database: { migrations: new URL("./migrations/", import.meta.url) },
    settings: z.object({ limitPence: z.int().min(1).default(50_000) }),
  },
  // #endregion
  {
    handle: {
      // #region two-phase
      charge: twoPhase(
        async ({ pence }, { id, settings }) => takeMoney(id, pence, settings.limitPence),
        async ({ booking, pence }, { prepared, sql, fail }) => {
          if (prepared.declined) throw fail("Declined", { reason: "over the limit" });
          await sql`insert into entry (booking, pence, reference) values (${booking}, ${pence}, ${prepared.reference})`;
          return { reference: prepared.reference };
        },
      ),
      // #endregion
      async refund({ booking, pence }, { sql }) {
        await sql`insert into entry (booking, pence, reference) values (${booking}, ${-pence}, 'refund')`;
        return {};
      },
    },
  },
);
