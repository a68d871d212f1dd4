import { setTimeout as sleep } from "node:timers/promises";
import { arrayOf, connect, databaseOf, type Admin } from "./administer.ts";

export interface WorkOf {
  /** The administrator's. */
  readonly url: string;
  readonly app: string;
  /** Services with a database that the process runs. */
  readonly services: readonly string[];
  /** KERF_REPLICA of the process. */
  readonly replica: string;
}

/** The work that a process held, and how to wait until all of it goes on elsewhere. */
export interface WorkFollowed {
  /** Committed messages that were not published. */
  readonly outbox: number;
  /** Published messages that these services had not acknowledged. */
  readonly deliveries: number;
  /** Live sagas that it had in hand. */
  readonly sagas: number;
  /** Resolves true when nothing of it waits any more; false when `signal` ends the wait. */
  goesOn(signal: AbortSignal): Promise<boolean>;
}

const POLL_MS = 50;

interface Followed {
  readonly count: { readonly outbox?: number; readonly deliveries?: number; readonly sagas?: number };
  isOn(): Promise<boolean>;
  close(): Promise<void>;
}

/** Notes what the process holds now. Called just before it dies: its leases name it as long as it lives. */
export async function followWork({ url, app, services, replica }: WorkOf): Promise<WorkFollowed> {
  const opened: Followed[] = [];
  const close = (): Promise<unknown> => Promise.allSettled(opened.map((one) => one.close()));
  try {
    for (const service of services)
      opened.push(await followService(connect(url, databaseOf(app, service)), replica));
    if (services.length > 0)
      opened.push(await followLanes(connect(url, databaseOf(app, "broker")), services));
  } catch (error) {
    await close();
    throw error;
  }
  const sum = (name: keyof Followed["count"]) =>
    opened.reduce((total, { count }) => total + (count[name] ?? 0), 0);
  return {
    outbox: sum("outbox"),
    deliveries: sum("deliveries"),
    sagas: sum("sagas"),
    async goesOn(signal) {
      try {
        const waiting = new Set(opened);
        while (!signal.aborted) {
          for (const one of waiting) if (await one.isOn().catch(() => false)) waiting.delete(one);
          if (waiting.size === 0) return true;
          await sleep(POLL_MS);
        }
        return false;
      } finally {
        await close();
      }
    },
  };
}

async function followService(sql: Admin, replica: string): Promise<Followed> {
  const [row] = await sql<{ workers: string[]; outbox: number; last: string; sagas: number }[]>`
    with workers as (select id from kerf.worker where replica = ${replica})
    select (select coalesce(json_agg(id), '[]') from workers) as workers,
      (select count(*)::int from kerf.outbox) as outbox,
      (select coalesce(max(sequence), 0)::text from kerf.outbox) as last,
      (select count(*)::int from kerf.saga where state in ('running', 'undoing')
        and worker in (select id from workers)) as sagas`;
  const { workers: dead, last, ...count } = row!;
  return {
    count,
    async isOn() {
      const [left] = await sql<{ on: boolean }[]>`
        select not exists (select from kerf.outbox where sequence <= ${last}::bigint)
          and not exists (select from kerf.saga where state in ('running', 'undoing')
            and worker = any (${arrayOf(dead)}::uuid[])) as on`;
      return left!.on;
    },
    close: () => sql.end({ timeout: 1 }),
  };
}

async function followLanes(sql: Admin, services: readonly string[]): Promise<Followed> {
  const heads = await sql<{ grp: number; lane: number; head: string; waiting: number }[]>`
    select c.grp, c.lane, l.next::text as head, (l.next - c.next)::int as waiting
    from broker.cursors c join broker.groups g on g.id = c.grp
    join broker.lanes l on l.channel = g.channel and l.lane = c.lane
    where g.service = any (${arrayOf(services)}::text[]) and c.next < l.next`;
  const column = (name: "grp" | "lane" | "head") => arrayOf(heads.map((one) => one[name]));
  return {
    count: { deliveries: heads.reduce((total, one) => total + one.waiting, 0) },
    async isOn() {
      const [left] = await sql<{ on: boolean }[]>`
        select not exists (
          select from unnest(${column("grp")}::int[], ${column("lane")}::smallint[], ${column("head")}::bigint[]) w(grp, lane, head)
          join broker.cursors c on c.grp = w.grp and c.lane = w.lane where c.next < w.head) as on`;
      return left!.on;
    },
    close: () => sql.end({ timeout: 1 }),
  };
}
