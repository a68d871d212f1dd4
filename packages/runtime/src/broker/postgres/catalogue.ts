import type { Backlog, Group } from "../broker.ts";
import type { Link } from "./link.ts";

export const catalogueSchema = `
create schema broker;

create table broker.channels (
  id int generated always as identity primary key,
  name text not null unique
);

-- "next" is the offset that the next message of the lane gets.
create table broker.lanes (
  channel int not null references broker.channels,
  lane smallint not null,
  next bigint not null default 1,
  primary key (channel, lane)
) with (fillfactor = 50);

create table broker.messages (
  channel int not null,
  lane smallint not null,
  "offset" bigint not null,
  at timestamptz not null default clock_timestamp(),
  key text not null,
  id text not null,
  body text not null,
  primary key (channel, lane, "offset")
);

create table broker.groups (
  id int generated always as identity primary key,
  service text not null,
  channel int not null references broker.channels,
  unique (service, channel)
);
create index on broker.groups (channel);

create function broker.open_channels(names text[]) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('kerf broker catalogue'));
  insert into broker.channels (name) select distinct n from unnest(names) n on conflict do nothing;
  insert into broker.lanes (channel, lane)
    select c.id, l from broker.channels c, generate_series(0, 15) l where c.name = any (names) on conflict do nothing;
end $$;

create function broker.register(services text[], names text[], starts text[]) returns void language plpgsql as $$
begin
  perform broker.open_channels(names);
  with wanted as (
    select w.service, c.id as channel, bool_or(w.start = 'earliest') as earliest
    from unnest(services, names, starts) w(service, name, start) join broker.channels c on c.name = w.name
    group by 1, 2
  ), added as (
    insert into broker.groups (service, channel) select service, channel from wanted on conflict do nothing
    returning id, service, channel
  )
  insert into broker.cursors (grp, lane, next)
    select a.id, l.lane, case when w.earliest then coalesce(
      (select min(m."offset") from broker.messages m where m.channel = l.channel and m.lane = l.lane), l.next) else l.next end
    from added a join wanted w using (service, channel) join broker.lanes l using (channel);
end $$;
`;

/** A group with the keys that its rows have. */
export interface KnownGroup {
  readonly id: number;
  readonly service: string;
  readonly channel: string;
  readonly channelId: number;
}

/** Which channels and groups there are. Ids never change, so they are remembered. */
export class Catalogue {
  readonly #link: Link;
  readonly #channelIds = new Map<string, number>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Makes the groups that are missing; one statement when none is. */
  async register(groups: readonly Group[]): Promise<readonly KnownGroup[]> {
    if (groups.length === 0) return [];
    const services = groups.map((group) => group.service);
    const channels = groups.map((group) => group.channel);
    const distinct = new Set(groups.map((group) => JSON.stringify([group.service, group.channel]))).size;
    const known = await this.#find(services, channels);
    if (known.length >= distinct) return known;
    const starts = groups.map((group) => group.from ?? "now");
    await this.#link.run(
      (sql) => sql`select broker.register(${services}::text[], ${channels}::text[], ${starts}::text[])`,
    );
    return await this.#find(services, channels);
  }

  async #find(services: string[], channels: string[]): Promise<KnownGroup[]> {
    return await this.#link.run(
      (sql) => sql<KnownGroup[]>`
        select distinct g.id, g.service, c.name as channel, c.id as "channelId"
        from unnest(${services}::text[], ${channels}::text[]) w(service, channel)
        join broker.channels c on c.name = w.channel
        join broker.groups g on g.channel = c.id and g.service = w.service`,
    );
  }

  /** The ids of channels, which are made when nobody has heard of them before. */
  async channelIds(names: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const unknown = [...names].filter((name) => !this.#channelIds.has(name));
    if (unknown.length > 0) {
      const find = async () => {
        const rows = await this.#link.run(
          (sql) => sql<{ id: number; name: string }[]>`
            select id, name from broker.channels where name = any (${unknown}::text[])`,
        );
        for (const { id, name } of rows) this.#channelIds.set(name, id);
        return rows.length;
      };
      if ((await find()) < unknown.length) {
        await this.#link.run((sql) => sql`select broker.open_channels(${unknown}::text[])`);
        await find();
      }
    }
    return this.#channelIds;
  }

  async retire({ service, channel }: Group): Promise<void> {
    await this.#link.run(
      (sql) => sql`
        with gone as (
          delete from broker.groups g using broker.channels c
          where c.id = g.channel and c.name = ${channel} and g.service = ${service} returning g.id
        ) select pg_notify('kerf_broker', 'm') from gone`,
    );
  }

  /** Losses are told for `keptMs`: those that are noted, and those that the next delivery will find. */
  async backlog(keptMs: number): Promise<readonly Backlog[]> {
    return await this.#link.run(
      (sql) => sql<Backlog[]>`
        select g.service, ch.name as channel, sum(l.next - c.next)::bigint as messages,
          coalesce(extract(epoch from clock_timestamp() - min(m.at)) * 1000, 0)::float8 as "oldestMs",
          sum(case when c.missed_at > clock_timestamp() - ${keptMs}::float8 * interval '1 ms' then c.missed else 0 end
            + case when l.next > c.next then coalesce(m."offset", l.next) - c.next else 0 end)::bigint as missed
        from broker.groups g
        join broker.channels ch on ch.id = g.channel
        join broker.cursors c on c.grp = g.id
        join broker.lanes l on l.channel = g.channel and l.lane = c.lane
        left join lateral (
          select at, "offset" from broker.messages m
          where m.channel = l.channel and m.lane = l.lane and m."offset" >= c.next and l.next > c.next
          order by m."offset" limit 1
        ) m on true
        group by g.id, g.service, ch.name order by g.service, ch.name`,
    );
  }
}
