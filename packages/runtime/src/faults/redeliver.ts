import { administer, databaseOf } from "./administer.ts";

/**
 * Takes lanes from whoever reads them and sets each back by up to `most` messages, as when a subscriber dies after it
 * handled messages and before the broker knew: they are delivered again. Gives how many will be, by service.
 */
export async function redeliver(
  { url, app }: { readonly url: string; readonly app: string },
  most: number,
): Promise<ReadonlyMap<string, number>> {
  return await administer(url, databaseOf(app, "broker"), async (sql) => {
    const rows = await sql<{ service: string; messages: number }[]>`
      with back as (
        select c.grp, c.lane, c.next, g.service, greatest(c.next - ${most}, oldest.at) as first
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
        returning back.service, back.next - back.first as messages
      ), told as (select pg_notify('kerf_broker', 'm0'))
      select service, sum(messages)::int as messages from moved, told group by service order by service`;
    return new Map(rows.map(({ service, messages }) => [service, messages]));
  });
}
