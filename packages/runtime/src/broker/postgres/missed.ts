import type { OwnedLane } from "./lanes.ts";
import type { Link } from "./link.ts";

/** A loss is not to be forgotten with the line of the log that told it. */
export const missedSchema = `
alter table broker.cursors add column missed bigint not null default 0;
alter table broker.cursors add column missed_at timestamptz;
-- The log grows at one end and is trimmed at the other: its dead rows are few pages, so little of it is vacuumed at a time.
alter table broker.messages set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
`;

/** Notes that a group lost messages of a lane, for those who look at its backlog within the retention. */
export async function noteMissed(link: Link, lane: OwnedLane, missed: number): Promise<void> {
  await link.run(
    (sql) => sql`
      update broker.cursors set missed = missed + ${missed}, missed_at = clock_timestamp()
      where grp = ${lane.consumer.group.id} and lane = ${lane.lane} and fence = ${lane.fence}`,
  );
}
