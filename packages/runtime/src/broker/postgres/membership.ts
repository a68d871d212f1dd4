import type { Link } from "./link.ts";

export const membershipSchema = `
-- One row per process; alive until its lease runs out by this server's clock.
create table broker.members (
  id bigint generated always as identity primary key,
  until timestamptz not null
) with (fillfactor = 50);

create table broker.subscriptions (
  member bigint not null references broker.members on delete cascade,
  grp int not null references broker.groups on delete cascade,
  primary key (member, grp)
);
create index on broker.subscriptions (grp);

-- "next" is the first offset that is not acknowledged. The fence grows with every change of owner.
create table broker.cursors (
  grp int not null references broker.groups on delete cascade,
  lane smallint not null,
  next bigint not null,
  owner bigint references broker.members on delete set null,
  fence bigint not null default 0,
  primary key (grp, lane)
) with (fillfactor = 50);
create index on broker.cursors (owner);

-- Renews the lease of a member (or makes one), removes the dead, claims free lanes, and tells what the member owns.
-- Each lane has one member that should have it; one that it should not have is to be released when it is idle.
create function broker.beat(me bigint, lease_ms int, wanted int[])
returns table (member bigint, grp int, lane smallint, next bigint, fence bigint, keep boolean)
language plpgsql
-- Without statistics, which new tables lack, the planner expects a handful of rows and loops over thousands.
set enable_nestloop = off
as $$
#variable_conflict use_column
declare
  lease interval := lease_ms * interval '1 millisecond';
  moved boolean := false;
begin
  perform pg_advisory_xact_lock(hashtext('kerf broker members'));
  update broker.members set until = clock_timestamp() + lease where id = me;
  if not found then
    insert into broker.members (until) values (clock_timestamp() + lease) returning id into me;
    moved := true;
  end if;
  delete from broker.subscriptions s where s.member = me and s.grp <> all (wanted);
  moved := moved or found;
  insert into broker.subscriptions select me, g.id from broker.groups g where g.id = any (wanted) on conflict do nothing;
  moved := moved or found;
  -- While the server was down nobody could renew: everyone gets a lease's time after its start.
  delete from broker.members m where m.until < clock_timestamp() and clock_timestamp() - pg_postmaster_start_time() > lease;
  moved := moved or found;
  if moved then perform pg_notify('kerf_broker', 'm' || me); end if;

  update broker.cursors c set owner = me, fence = c.fence + 1
    from (
      select s.grp, s.member, row_number() over (partition by s.grp order by s.member) - 1 as rank,
        count(*) over (partition by s.grp) as members
      from broker.subscriptions s where s.grp = any (wanted)
    ) d
    where d.member = me and c.grp = d.grp and c.owner is null and (c.grp + c.lane) % d.members = d.rank;
  -- A renewal that a crash of the server forgets does no harm; a claim that it forgets would give a fence out twice.
  if not moved and not found then perform set_config('synchronous_commit', 'off', true); end if;

  return query
    select me, c.grp, c.lane, c.next, c.fence, coalesce((c.grp + c.lane) % d.members = d.rank, false)
    from broker.cursors c left join (
      select s.grp, s.member, row_number() over (partition by s.grp order by s.member) - 1 as rank,
        count(*) over (partition by s.grp) as members
      from broker.subscriptions s where s.grp in (select o.grp from broker.cursors o where o.owner = me)
    ) d on d.grp = c.grp and d.member = me
    where c.owner = me
    union all select me, null, null, null, null, null;
end $$;

create function broker.release(me bigint, grps int[], lanes smallint[], fences bigint[], nexts bigint[])
returns void language plpgsql as $$
begin
  update broker.cursors c set next = w.next, owner = null
    from unnest(grps, lanes, fences, nexts) w(grp, lane, fence, next)
    where c.grp = w.grp and c.lane = w.lane and c.fence = w.fence and c.owner = me;
  if found then perform pg_notify('kerf_broker', 'm' || me); end if;
end $$;
`;

export const successionSchema = `
alter table broker.members add column replica text;

-- As before, for a process that has a name: one that begins under it says that the one before is dead, whose lanes are
-- free at once. Units without a name go on with the function above.
create function broker.beat(me bigint, lease_ms int, wanted int[], name text)
returns table (member bigint, grp int, lane smallint, next bigint, fence bigint, keep boolean)
language plpgsql as $$
#variable_conflict use_column
begin
  if me is null or not exists (select from broker.members where id = me) then
    perform pg_advisory_xact_lock(hashtext('kerf broker members'));
    -- One that was given up for dead and lives comes back beside whoever has its name now.
    if me is null then delete from broker.members where replica = name; end if;
    insert into broker.members (until, replica) values (clock_timestamp() + lease_ms * interval '1 millisecond', name)
      returning id into me;
    perform pg_notify('kerf_broker', 'm' || me);
  end if;
  return query select * from broker.beat(me, lease_ms, wanted);
end $$;
`;

/** A lane that a member owns by the server's account. */
export interface Claim {
  readonly grp: number;
  readonly lane: number;
  readonly next: number;
  readonly fence: number;
  /** Whether it is to stay: false for one that another member should have. */
  readonly keep: boolean;
}

/** One sign of life. The member is a new one when there was none, or when it has been given up for dead. */
export async function beat(
  link: Link,
  me: number | null,
  leaseMs: number,
  wanted: readonly number[],
  replica: string | undefined,
): Promise<{ member: number; rows: readonly Claim[] }> {
  const rows = await link.run((sql) =>
    replica === undefined
      ? sql<(Claim & { member: number })[]>`
            select * from broker.beat(${me}, ${leaseMs}, ${[...wanted]}::int[])`
      : sql<(Claim & { member: number })[]>`
            select * from broker.beat(${me}, ${leaseMs}, ${[...wanted]}::int[], ${replica})`,
  );
  return { member: rows[0]!.member, rows: rows.filter((row) => row.grp !== null) };
}

/** Stores the positions of lanes and gives them away; what is not ours any more is left alone. */
export async function release(link: Link, me: number, claims: readonly Claim[]): Promise<void> {
  const column = (name: "grp" | "lane" | "fence" | "next") => claims.map((claim) => claim[name]);
  await link.run(
    (sql) => sql`
      select broker.release(${me}, ${column("grp")}::int[], ${column("lane")}::smallint[],
        ${column("fence")}::bigint[], ${column("next")}::bigint[])`,
  );
}

export async function leave(link: Link, me: number): Promise<void> {
  await link.run(
    (sql) => sql`
      with gone as (delete from broker.members where id = ${me} returning id)
      select pg_notify('kerf_broker', 'm') from gone`,
  );
}
