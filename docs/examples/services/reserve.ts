import type { Handler } from "kerf";
import { shows } from "../contracts/contract.ts";
import type { wants } from "./needs.ts";

// #region reserve
export const reserve: Handler<typeof shows.reserve, typeof wants> = async (
  { show, booking, seats },
  { sql, emit, fail },
) => {
  const [row] = await sql<{ left: number; closed: boolean }>`
    select seats_left as left, closed from show where id = ${show} for update`;
  if (!row) throw fail("NoSuchShow", { show });
  if (row.closed || row.left < seats) throw fail("SoldOut", { left: row.closed ? 0 : row.left });
  const left = row.left - seats;
  await sql`update show set seats_left = ${left} where id = ${show}`;
  await sql`insert into reservation (booking, show, seats) values (${booking}, ${show}, ${seats})`;
  emit(shows.reserved, { show, booking, seats, left });
  return { left };
};
// #endregion
