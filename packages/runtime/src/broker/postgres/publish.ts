import { crashpoint, crashpointWhenSent } from "../../crashpoint/crashpoint.ts";
import { type Batch, StaleFenceError } from "../broker.ts";
import { laneOf } from "../lane.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Link } from "./link.ts";

export const publishSchema = `
create table broker.publishers (name text primary key, fence bigint not null);

-- One call is one transaction: false when the fence is stale, and then nothing was done.
create function broker.publish(
  publisher text, token bigint, me bigint,
  lane_channels int[], lane_numbers smallint[], lane_counts int[],
  channels int[], lanes smallint[], nths int[], keys text[], ids text[], bodies text[]
) returns boolean language plpgsql as $$
declare woken text;
begin
  -- Held until commit: a newer owner publishes after us or we fail here, never in between.
  perform from broker.publishers where name = publisher and fence = token for share;
  if not found then
    insert into broker.publishers as p values (publisher, token)
      on conflict (name) do update set fence = excluded.fence where p.fence < excluded.fence;
    perform from broker.publishers where name = publisher and fence = token for share;
    if not found then return false; end if;
  end if;

  -- Ascending, so that two publishers wait for each other but never in a circle. A statement of its own, so that the
  -- next one sees what those before us have committed.
  perform from broker.lanes l join unnest(lane_channels, lane_numbers) w(channel, lane) using (channel, lane)
    order by l.channel, l.lane for no key update of l;

  with moved as (
    update broker.lanes l set next = l.next + w.n
    from unnest(lane_channels, lane_numbers, lane_counts) w(channel, lane, n)
    where l.channel = w.channel and l.lane = w.lane
    returning l.channel, l.lane, l.next - w.n as base
  )
  insert into broker.messages (channel, lane, "offset", key, id, body)
    select m.channel, m.lane, b.base + m.nth, m.key, m.id, m.body
    from unnest(channels, lanes, nths, keys, ids, bodies) m(channel, lane, nth, key, id, body)
    join moved b on b.channel = m.channel and b.lane = m.lane;

  -- A notification takes a lock that all committing notifiers share, so it is sent only if another process listens.
  select string_agg(distinct w.channel::text, ',') into woken
    from unnest(lane_channels, lane_numbers) w(channel, lane)
    join broker.groups g on g.channel = w.channel
    join broker.cursors c on c.grp = g.id and c.lane = w.lane
    where c.owner <> coalesce(me, 0);
  if woken is not null then
    perform pg_notify('kerf_broker', case when length(woken) < 7000 then 'c' || woken else 'c' end);
  end if;
  return true;
end $$;
`;

/** Appends a batch in one round trip and one transaction. Returns the ids of the channels that got something. */
export async function publishBatch(
  link: Link,
  catalogue: Catalogue,
  member: number | null,
  { publisher, fence, messages }: Batch,
): Promise<ReadonlySet<number>> {
  const channelIds = await catalogue.channelIds(new Set(messages.map((message) => message.channel)));
  const lanes = new Map<string, { channel: number; lane: number; count: number }>();
  const placed = messages.map(({ channel: name, key }) => {
    const channel = channelIds.get(name)!;
    const lane = laneOf(key);
    const at = `${channel}/${lane}`;
    const counter = lanes.get(at) ?? { channel, lane, count: 0 };
    lanes.set(at, counter);
    return { channel, lane, nth: counter.count++ };
  });
  const counters = [...lanes.values()];
  const answer = link.run(
    (sql) => sql<{ done: boolean }[]>`
      select broker.publish(${publisher}, ${fence}, ${member},
        ${counters.map((c) => c.channel)}, ${counters.map((c) => c.lane)}, ${counters.map((c) => c.count)},
        ${placed.map((p) => p.channel)}, ${placed.map((p) => p.lane)}, ${placed.map((p) => p.nth)},
        ${messages.map((m) => m.key)}, ${messages.map((m) => m.id)}, ${messages.map((m) => m.body)}) as done`,
  );
  crashpointWhenSent("publish.after");
  const [row] = await answer;
  crashpoint("publish.acknowledge.before");
  if (!row!.done) throw new StaleFenceError(publisher, fence);
  return new Set(counters.map((c) => c.channel));
}
