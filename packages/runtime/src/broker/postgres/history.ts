import type { Delivered, LaneSpan } from "../broker.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Link } from "./link.ts";

/** What is kept of a channel since a time, lane by lane. Scans what is older in each lane: for replays, not for every call. */
export async function spansOf(
  link: Link,
  catalogue: Catalogue,
  channel: string,
  sinceMs: number,
  retentionMs: number,
): Promise<readonly LaneSpan[]> {
  const id = (await catalogue.channelIds([channel])).get(channel)!;
  return await link.run(
    (sql) => sql<LaneSpan[]>`
      select l.lane, l.next, coalesce(f."offset", l.next) as "from",
        ${sinceMs}::float8 > 0 and coalesce(oldest."offset", l.next) > 1
          and to_timestamp(${sinceMs}::float8 / 1000) < clock_timestamp() - ${retentionMs}::float8 * interval '1 ms' as trimmed
      from broker.lanes l
      left join lateral (
        select m."offset" from broker.messages m where m.channel = l.channel and m.lane = l.lane
        order by m."offset" limit 1) oldest on true
      left join lateral (
        select m."offset" from broker.messages m where m.channel = l.channel and m.lane = l.lane
          and m.at >= to_timestamp(${sinceMs}::float8 / 1000)
        order by m."offset" limit 1) f on true
      where l.channel = ${id} order by l.lane`,
  );
}

export async function readLane(
  link: Link,
  catalogue: Catalogue,
  { channel, lane, offset, limit }: { channel: string; lane: number; offset: number; limit: number },
): Promise<readonly Delivered[]> {
  const id = (await catalogue.channelIds([channel])).get(channel)!;
  const rows = await link.run(
    (sql) => sql<Omit<Delivered, "channel" | "lane">[]>`
      select "offset", key, id, body from broker.messages
      where channel = ${id} and lane = ${lane} and "offset" >= ${offset} order by "offset" limit ${limit}`,
  );
  return rows.map((row) => ({ channel, lane, offset: row.offset, key: row.key, id: row.id, body: row.body }));
}
