import { service } from "kerf";
import { book } from "./book.ts";
import { bookings } from "./contract.ts";

export default service(
  bookings,
  { database: { migrations: new URL("./migrations/", import.meta.url) } },
  {
    handle: {
      // #region start
      async place(input, { sql, start }) {
        await sql`insert into booking (id, state) values (${input.id}, 'pending')`;
        start(book, input, { id: input.id });
        return {};
      },
      // #endregion
      async approve({ id }, { emit }) {
        emit(bookings.approved, { id });
        return {};
      },
      async settle({ id, state, reason }, { sql }) {
        await sql`update booking set state = ${state}, reason = ${reason} where id = ${id}`;
        return {};
      },
      async booking({ id }, { sql }) {
        const [row] = await sql<{ state: "pending" | "confirmed" | "refused"; reason: string }>`
          select state, reason from booking where id = ${id}`;
        return row ?? { state: "none", reason: "" };
      },
    },
    sagas: [book],
  },
);
