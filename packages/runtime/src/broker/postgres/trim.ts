import type { Link } from "./link.ts";

export const trimSchema = `
-- Removes the oldest messages of lanes whose oldest is too old; 0 when none is left or another process is at it.
-- Only ever a prefix of a lane: a gap further on would look to its readers as if they had lost something.
create function broker.trim(retention_ms bigint, most int) returns int language plpgsql as $$
declare
  before timestamptz := clock_timestamp() - retention_ms * interval '1 millisecond';
  removed int;
begin
  if not pg_try_advisory_xact_lock(hashtext('kerf broker trim')) then return 0; end if;
  perform set_config('synchronous_commit', 'off', true);
  delete from broker.messages m using (
    select l.channel, l.lane, o."offset" from broker.lanes l
    cross join lateral (
      select at from broker.messages f where f.channel = l.channel and f.lane = l.lane order by f."offset" limit 1
    ) oldest
    cross join lateral (
      select w."offset", bool_and(w.at < before) over (order by w."offset") as old from (
        select p."offset", p.at from broker.messages p
        where p.channel = l.channel and p.lane = l.lane order by p."offset" limit most
      ) w
    ) o
    where oldest.at < before and o.old
    limit most
  ) t where m.channel = t.channel and m.lane = t.lane and m."offset" = t."offset";
  get diagnostics removed = row_count;
  return removed;
end $$;
`;

const BATCH = 1_000;

/** Removes what is older than the retention, in small transactions. Returns how many messages went. */
export async function trimOld(link: Link, retentionMs: number): Promise<number> {
  for (let total = 0; ;) {
    const [row] = await link.run(
      (sql) => sql<{ removed: number }[]>`select broker.trim(${retentionMs}, ${BATCH}) as removed`,
    );
    total += row!.removed;
    if (row!.removed < BATCH) return total;
  }
}
