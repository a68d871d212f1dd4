import { crashAround, crashpoint } from "../../crashpoint/crashpoint.ts";
import type { Delivered, OnProblem } from "../broker.ts";
import { DELIVERY_LIMIT, redeliveryDelayMs } from "../redelivery.ts";
import { noteMissed } from "./missed.ts";
import { pause } from "./pause.ts";
import type { Lanes, OwnedLane } from "./lanes.ts";
import type { Link } from "./link.ts";

export const deliverSchema = `
-- Stores positions; returns those that were ours to move. Not flushed to disk: a crash repeats some messages, no more.
create function broker.advance(me bigint, grps int[], lanes smallint[], fences bigint[], nexts bigint[])
returns table (grp int, lane smallint) language plpgsql as $$
#variable_conflict use_column
begin
  perform set_config('synchronous_commit', 'off', true);
  return query update broker.cursors c set next = w.next
    from unnest(grps, lanes, fences, nexts) w(grp, lane, fence, next)
    where c.grp = w.grp and c.lane = w.lane and c.fence = w.fence and c.owner = me
    returning c.grp, c.lane;
end $$;
`;

/** What one round of fetching brings at most, so that big messages do not fill the memory. */
const ROUND_BYTES = 4 * 1024 * 1024;

/** A message found, or, without an offset, a lane of which all that it had to read is gone. */
interface Row {
  readonly ord: number;
  readonly head: number;
  readonly found: number;
  readonly offset: number | null;
  readonly key: string;
  readonly id: string;
  readonly body: string;
}

export interface DeliveriesOptions {
  readonly link: Link;
  readonly lanes: Lanes;
  readonly onProblem: OnProblem;
  readonly onFailure: (cause: unknown) => void;
  /** A lane that is to be given away has become idle. */
  readonly onIdle: () => void;
}

/** Fetches for all lanes of this process at once, delivers each on its own, stores the positions together. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #acknowledged = new Set<OwnedLane>();
  #fetching = false;
  #storing = false;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** There may be messages in these channels, or in any. */
  wake(channels?: ReadonlySet<number>): void {
    for (const lane of this.#options.lanes.owned()) {
      if (channels === undefined || channels.has(lane.consumer.group.channelId)) lane.dirty = true;
    }
    this.kick();
  }

  /** Goes on with what is known to be waiting. */
  kick(): void {
    void this.#fetchAll();
    void this.#storeAll();
  }

  async #fetchAll(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      for (let ready = this.#ready(); ready.length > 0; ready = this.#ready()) {
        // Before the question, so that a wake during it is not lost.
        for (const lane of ready) lane.dirty = false;
        try {
          this.#dispatch(ready, await this.#fetch(ready));
        } catch (cause) {
          for (const lane of ready) lane.dirty = true;
          throw cause;
        }
      }
    } catch (cause) {
      this.#options.onFailure(cause);
    } finally {
      this.#fetching = false;
    }
  }

  #ready(): OwnedLane[] {
    return [...this.#options.lanes.owned()].filter(
      (lane) => lane.dirty && lane.delivery === undefined && !lane.leaving,
    );
  }

  async #fetch(ready: readonly OwnedLane[]): Promise<Row[]> {
    const { link, lanes } = this.#options;
    const groups = ready.map((lane) => lane.consumer.group);
    return await link.run(
      (sql) => sql<Row[]>`
        select * from (
          select f.*, count(*) over () as found,
            sum(octet_length(f.body)) over (order by f.ord, f."offset") - octet_length(f.body) as before
          from (
            select w.ord, l.next as head, m."offset", m.key, m.id, m.body
            from unnest(${groups.map((g) => g.id)}::int[], ${groups.map((g) => g.channelId)}::int[],
              ${ready.map((r) => r.lane)}::smallint[], ${ready.map((r) => r.fence)}::bigint[],
              ${ready.map((r) => r.next)}::bigint[]) with ordinality w(grp, channel, lane, fence, next, ord)
            join broker.cursors c on c.grp = w.grp and c.lane = w.lane and c.fence = w.fence and c.owner = ${lanes.member}
            join broker.lanes l on l.channel = w.channel and l.lane = w.lane and l.next > w.next
            left join lateral (
              select m."offset", m.key, m.id, m.body from broker.messages m
              where m.channel = w.channel and m.lane = w.lane and m."offset" >= w.next
              order by m."offset" limit ${DELIVERY_LIMIT}
            ) m on true
            limit ${DELIVERY_LIMIT}
          ) f
        ) s where before is null or before < ${ROUND_BYTES} order by ord, "offset"`,
    );
  }

  #dispatch(ready: readonly OwnedLane[], rows: readonly Row[]): void {
    const byLane = Map.groupBy(rows, (row) => row.ord - 1);
    const found = rows[0]?.found ?? 0;
    const cut = found >= DELIVERY_LIMIT || rows.length < found;
    for (const [i, lane] of ready.entries()) {
      const mine = byLane.get(i);
      if (mine === undefined) lane.dirty ||= cut;
      // The lane may have changed hands during the question.
      else if (this.#options.lanes.holds(lane) && !lane.leaving) this.#take(lane, mine);
    }
  }

  #take(lane: OwnedLane, rows: readonly Row[]): void {
    const { head, offset } = rows[0]!;
    const first = offset ?? head;
    // Offsets have no gaps, so one before the first means that the log was trimmed there.
    if (first > lane.next) this.#skip(lane, first);
    if (offset === null) return;
    const last = rows.at(-1)!.offset!;
    lane.dirty ||= last + 1 < head;
    const { channel } = lane.consumer.group;
    const messages = rows.map((row): Delivered => ({
      channel,
      key: row.key,
      id: row.id,
      body: row.body,
      lane: lane.lane,
      offset: row.offset!,
    }));
    lane.delivery = this.#deliver(lane, messages);
  }

  #skip(lane: OwnedLane, to: number): void {
    const { service, channel } = lane.consumer.group;
    const missed = to - lane.next;
    lane.next = to;
    this.#acknowledged.add(lane);
    void this.#storeAll();
    noteMissed(this.#options.link, lane, missed).catch(this.#options.onFailure);
    const message = `${service} lost ${missed} messages of ${channel}: they were trimmed before it took them.`;
    this.#options.onProblem({ code: "TRIMMED", message, service, channel, lane: lane.lane, missed });
  }

  async #deliver(lane: OwnedLane, messages: readonly Delivered[]): Promise<void> {
    const { signal } = lane.controller;
    await Promise.resolve(); // So that it cannot be over before it is noted as under way.
    for (let failures = 0; !signal.aborted && !(failures > 0 && lane.leaving);) {
      try {
        crashpoint("receive.before");
        await lane.consumer.deliver(messages, signal);
        lane.next = messages.at(-1)!.offset + 1;
        this.#acknowledged.add(lane);
        break;
      } catch (cause) {
        failures += 1;
        if (failures === 1 && !signal.aborted) this.#report(lane, messages.length, cause);
        if (!lane.leaving) await pause(redeliveryDelayMs(failures), signal);
      }
    }
    lane.delivery = undefined;
    if (!this.#options.lanes.holds(lane)) return;
    if (lane.leaving) this.#options.onIdle();
    this.kick();
  }

  #report(lane: OwnedLane, count: number, cause: unknown): void {
    const { service, channel } = lane.consumer.group;
    const message = `${service} could not take ${count} messages of ${channel}: they will come again.`;
    this.#options.onProblem({ code: "DELIVERY_FAILED", message, service, channel, lane: lane.lane, cause });
  }

  /** While one statement is under way the next one gathers. */
  async #storeAll(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    try {
      while (this.#acknowledged.size > 0) {
        const moved = [...this.#acknowledged].filter((lane) => this.#options.lanes.holds(lane));
        this.#acknowledged.clear();
        if (moved.length > 0) await this.#store(moved);
      }
    } catch (cause) {
      this.#options.onFailure(cause);
    } finally {
      this.#storing = false;
    }
  }

  async #store(moved: readonly OwnedLane[]): Promise<void> {
    const { link, lanes } = this.#options;
    const nexts = moved.map((lane) => lane.next);
    try {
      const rows = await crashAround("acknowledge", () =>
        link.run(
          (sql) => sql<{ grp: number; lane: number }[]>`
            select * from broker.advance(${lanes.member}, ${moved.map((m) => m.consumer.group.id)},
              ${moved.map((m) => m.lane)}, ${moved.map((m) => m.fence)}, ${nexts})`,
        ),
      );
      const done = new Set(rows.map((row) => `${row.grp}/${row.lane}`));
      for (const [i, lane] of moved.entries()) {
        if (done.has(`${lane.consumer.group.id}/${lane.lane}`)) lane.stored = nexts[i]!;
        else if (lanes.holds(lane)) lanes.lose(lane);
      }
    } catch (cause) {
      for (const lane of moved) this.#acknowledged.add(lane);
      throw cause;
    }
  }
}
