import type { Run } from "../data/transaction.ts";
import type { ReplayJournal, ReplayLane, ReplayRecord, UnfitTable } from "./replay-journal.ts";

/** Where the copies are. One replay of a service at a time, so one schema is enough. */
const copies = "kerf_replay";
/** As in `postgres.ts`: our advisory locks, of which 0 to 63 are lanes of the outbox. */
const lockSpace = 0x6b657266;
export const generationLock = 64;

/** Shared by reactions at work, so that a swap waits for them and they for a swap. */
export function shareGenerations(run: Run): Promise<unknown> {
  return run(`select pg_advisory_xact_lock_shared(${lockSpace}, ${generationLock})`);
}

const columns = `id, events, types, tables, coalesce((extract(epoch from since) * 1000)::float8, 0) as since`;

export const postgresReplay: ReplayJournal = {
  readReplay: async (run) => {
    const [row] = await run<ReplayRecord & { heldForMs: number }>(
      `select ${columns}, greatest(0, ceil(extract(epoch from held_until - clock_timestamp()) * 1000))::float8 as "heldForMs"
       from kerf.replay where state = 'running'`,
    );
    return row && { ...row, heldForMs: row.heldForMs ?? 0 };
  },

  inspectTables: async (run, names) => {
    const rows = await run<
      { name: string; full: string | null; kind: string | null; above: string[] } & Unfit
    >(
      `select n.name, c.relkind as kind, format('%I.%I', s.nspname, c.relname) as full,
         exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers,
         array(select distinct format('%I.%I', ps.nspname, p.relname) from pg_constraint f join pg_class p on p.oid = f.confrelid
           join pg_namespace ps on ps.oid = p.relnamespace where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as above,
         (select min(r.relname) from pg_constraint f join pg_class r on r.oid = f.conrelid
           where f.confrelid = c.oid and f.contype = 'f' and r.relname <> all ($1::text[])) as "referencedBy"
       from unnest($1::text[]) n(name) left join pg_class c on c.oid = to_regclass(n.name)
       left join pg_namespace s on s.oid = c.relnamespace order by n.name`,
      [names],
    );
    const unfit = rows.flatMap((row): UnfitTable[] => {
      const said = problemOf(row);
      return said ? [{ table: row.name, problem: said[0], mend: said[1] }] : [];
    });
    return {
      unfit,
      tables: unfit.length > 0 ? [] : parentsFirst(rows as { full: string; above: string[] }[]),
    };
  },

  openReplay: async (run, { events, types, tables, since, lanes }, { holder, leaseMs }) => {
    const [row] = await run<ReplayRecord>(
      `insert into kerf.replay (events, types, tables, since, holder, held_until)
       values ($1::text[], $2::text[], $3::text[], to_timestamp(nullif($4::float8, 0) / 1000), $5, clock_timestamp() + $6 * interval '1 ms')
       returning ${columns}`,
      [events, types, tables, since, holder, leaseMs],
    );
    await run(
      `insert into kerf.replay_lane (replay, channel, lane, start, next)
       select $1, c, l, s, s from unnest($2::text[], $3::int[], $4::bigint[]) as t (c, l, s)`,
      [row!.id, lanes.map((l) => l.channel), lanes.map((l) => l.lane), lanes.map((l) => l.start)],
    );
    // What a crash or an older version of this left behind is nobody's.
    await run(`drop schema if exists ${copies} cascade`);
    await run(`create schema ${copies}`);
    for (const table of tables)
      await run(`create table ${copyOf(table)} (like ${table} including all excluding statistics)`);
    return row!;
  },

  holdReplay: async (run, id, { holder, leaseMs }) => {
    const rows = await run(
      `update kerf.replay set holder = $2, held_until = clock_timestamp() + $3 * interval '1 ms'
       where id = $1 and state = 'running' and (holder = $2 or holder is null or held_until < clock_timestamp()) returning 1`,
      [id, holder, leaseMs],
    );
    return rows.length > 0;
  },

  releaseReplay: (run, id, holder) =>
    run("update kerf.replay set holder = null, held_until = null where id = $1 and holder = $2", [
      id,
      holder,
    ]),

  readLanes: (run, id) =>
    run<ReplayLane>(
      "select channel, lane, start, next, handled from kerf.replay_lane where replay = $1 order by channel, lane",
      [id],
    ),

  advance: async (run, id, { channel, lane, next: from }, next, handled) => {
    const rows = await run(
      `update kerf.replay_lane set next = $5, handled = handled + $6
       where replay = $1 and channel = $2 and lane = $3 and next = $4
         and exists (select from kerf.replay r where r.id = $1 and r.state = 'running') returning 1`,
      [id, channel, lane, from, next, handled],
    );
    return rows.length > 0;
  },

  openReplayed: async (run, id, channel, messages) => {
    const rows = await run<{ id: string }>(
      `insert into kerf.inbox (consumer, id)
       select distinct t.type || '#' || $1::bigint, t.id from unnest($2::text[], $3::text[]) as t (type, id)
       where not exists (select from kerf.parked p where p.channel = $4 and p.id = t.id and p.state <> 'waiting')
       on conflict do nothing returning id`,
      [id, messages.map((m) => m.type), messages.map((m) => m.id), channel],
    );
    return new Set(rows.map((row) => row.id));
  },

  enterCopies: (run) =>
    run(`select set_config('search_path', '${copies}, ' || current_setting('search_path'), true)`),

  strayWrites: async (run) => {
    const rows = await run<{ name: string }>(
      // Whoever writes to a table holds this lock of it until the transaction ends.
      `select distinct c.relname::text as name from pg_locks l join pg_class c on c.oid = l.relation
         join pg_namespace s on s.oid = c.relnamespace
       where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and c.relkind in ('r', 'p')
         and l.database = (select oid from pg_database where datname = current_database())
         and s.nspname not in ('kerf', '${copies}', 'pg_catalog') order by 1`,
    );
    return rows.map((row) => row.name);
  },

  lockGenerations: (run) => run(`select pg_advisory_xact_lock(${lockSpace}, ${generationLock})`),

  swap: async (run, { id, types, tables }) => {
    // Rows, not tables: whatever points at a table or was granted on it stays, and readers see the old rows until the commit.
    for (const table of tables.toReversed()) await run(`delete from ${table}`);
    for (const table of tables) await copyRows(run, table);
    await run(
      `insert into kerf.generation (consumer, generation) select unnest($2::text[]), $1
       on conflict (consumer) do update set generation = excluded.generation`,
      [id, types],
    );
    // What waits for a retry since before the time that was replayed is not part of this generation.
    await run(
      `insert into kerf.inbox (consumer, id) select t || '#' || $1::bigint, p.id
       from (select id, body::json ->> 'type' as t, body::json ->> 'time' as at from kerf.parked
         where state = 'waiting' and channel not like '%!commands') p
       where t = any ($2::text[]) and case when at ~ '^\\d{4}-' then at::timestamptz < (select since from kerf.replay where id = $1) end
       on conflict do nothing`,
      [id, types],
    );
    await end(run, id, "done");
  },

  abandon: (run, id) => end(run, id, "abandoned"),
};

async function end(run: Run, id: number, state: "done" | "abandoned"): Promise<boolean> {
  const rows = await run(
    `update kerf.replay set state = $2, holder = null, held_until = null, ended_at = now()
     where id = $1 and state = 'running' returning 1`,
    [id, state],
  );
  if (rows.length > 0) await run(`drop schema if exists ${copies} cascade`);
  return rows.length > 0;
}

async function copyRows(run: Run, table: string): Promise<void> {
  const [shape] = await run<{ columns: string; identity: string | null }>(
    `select string_agg(format('%I', attname), ', ' order by attnum) filter (where attgenerated = '') as columns,
       min(attname) filter (where attidentity <> '') as identity
     from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped`,
    [table],
  );
  const copy = copyOf(table);
  await run(
    `insert into ${table} (${shape!.columns}) overriding system value select ${shape!.columns} from ${copy}`,
  );
  if (shape!.identity === null) return;
  const column = `"${shape!.identity.replaceAll('"', '""')}"`;
  await run(
    `select setval(pg_get_serial_sequence($1, $2), m) from (select max(${column}) as m from ${table}) t where m is not null`,
    [table, shape!.identity],
  );
}

/** `kerf_replay.expected` of `public.expected`. */
function copyOf(table: string): string {
  return `${copies}${table.slice(table.lastIndexOf("."))}`;
}

interface Unfit {
  readonly triggers: boolean;
  readonly referencedBy: string | null;
}

function problemOf(table: Unfit & { kind: string | null }): readonly [string, string] | undefined {
  if (table.kind === null)
    return [
      "does not exist",
      "correct the name, or add a migration that makes it and start the service once",
    ];
  if (table.kind !== "r") return ["is not an ordinary table", "fill an ordinary table, without partitions"];
  if (table.triggers)
    return ["has triggers, which a copy does not have", "do in the reaction what the trigger does"];
  if (table.referencedBy !== null)
    return [
      `is referenced by ${table.referencedBy}, which is not built anew`,
      "name that table too, or drop its foreign key",
    ];
  return undefined;
}

/** So that a foreign key among them finds what it points at. */
function parentsFirst(
  tables: readonly { readonly full: string; readonly above: readonly string[] }[],
): string[] {
  const sorted: string[] = [];
  const visit = (full: string): void => {
    const table = tables.find((t) => t.full === full);
    if (!table || sorted.includes(full)) return;
    for (const above of table.above) visit(above);
    if (!sorted.includes(full)) sorted.push(full);
  };
  for (const { full } of tables) visit(full);
  return sorted;
}
