import { setTimeout as sleep } from "node:timers/promises";
import { administer, arrayOf, databaseOf } from "./administer.ts";

export interface RedeliverOptions {
  /** The administrator's. */
  readonly url: string;
  readonly app: string;
  /** How many messages of each lane come again at most. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** Beyond this nobody waits for the messages to have come. */
const WAIT_MS = 15_000;

/**
 * Takes lanes from whoever reads them and sets each back, as when a subscriber dies after it handled messages and before
 * the broker knew: they are delivered again. Resolves with how many when they have been.
 */
export async function redeliver({ url, app, most, signal }: RedeliverOptions): Promise<number> {
  return await administer(url, databaseOf(app, "broker"), async (sql) => {
    const rows = await sql<{ grp: number; lane: number; next: string; messages: number }[]>`
      with back as (
        select c.grp, c.lane, c.next, greatest(c.next - ${most}, oldest.at) as first
        from broker.cursors c
        join broker.groups g on g.id = c.grp
        cross join lateral (
          select min(m."offset") as at from broker.messages m where m.channel = g.channel and m.lane = c.lane
        ) oldest
        where c.next > oldest.at
        for update of c
      ), moved as (
        update broker.cursors c set next = back.first, owner = null, fence = c.fence + 1
        from back where c.grp = back.grp and c.lane = back.lane
        returning c.grp, c.lane, back.next::text as next, (back.next - back.first)::int as messages
      )
      select moved.*, pg_notify('kerf_broker', 'm0') from moved`;
    const column = (name: "grp" | "lane" | "next") => arrayOf(rows.map((row) => row[name]));
    for (const until = Date.now() + WAIT_MS; Date.now() < until && !signal.aborted; await sleep(50)) {
      const [left] = await sql<{ on: boolean }[]>`
        select not exists (
          select from unnest(${column("grp")}::int[], ${column("lane")}::smallint[], ${column("next")}::bigint[]) w(grp, lane, next)
          join broker.cursors c on c.grp = w.grp and c.lane = w.lane where c.next < w.next) as on`;
      if (left!.on) break;
    }
    return rows.reduce((sum, { messages }) => sum + messages, 0);
  });
}
