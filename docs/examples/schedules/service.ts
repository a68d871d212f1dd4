import { every, service } from "kerf";
import { waiting } from "./contract.ts";

export default service(
  waiting,
  { database: { migrations: new URL("./migrations/", import.meta.url) } },
  {
    handle: {
      async join({ guest, forMs }, { sql }) {
        await sql`insert into waiting (guest, until) values (${guest}, now() + ${forMs} * interval '1 ms')`;
        return {};
      },
      async length(_input, { sql }) {
        const [row] = await sql<{ guests: number }>`select count(*) as guests from waiting`;
        return row!;
      },
    },
    // #region schedule
    schedule: [
      every("1s", "let go of those who waited long enough", async ({ sql, emit }) => {
        const gone = await sql<{ guest: string }>`
          delete from waiting where guest in (select guest from waiting where until < now() limit 500) returning guest`;
        for (const { guest } of gone) emit(waiting.gaveUp, { guest });
      }),
    ],
    // #endregion
  },
);
