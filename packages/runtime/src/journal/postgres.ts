import type { Run } from "../data/transaction.ts";
import type {
  Backlog,
  CommandJournal,
  CommandRecord,
  InboxJournal,
  Journal,
  OutboxJournal,
  ParkedMessage,
  Tick,
  UnsentMessage,
  WorkerJournal,
} from "./journal.ts";
import { hashText } from "./hash.ts";
import { shareGenerations } from "./postgres-replay.ts";
import { postgresSagas } from "./postgres-sagas.ts";

/** Lanes order keys that hash alike: few enough to lock, many enough that writers rarely meet. */
const lanes = 64;
/** Sets our advisory locks apart from those of the service's own SQL ("kerf" in ASCII). */
const lockSpace = 0x6b657266;
/** Counting stops here: more is as much of a problem. */
const countLimit = 100_000;

const commands: CommandJournal = {
  openCommand: (run, key, inputHash, state, bySaga) =>
    run(
      "insert into kerf.command (member, scope, id, input_hash, state, by_saga) values ($1, $2, $3, $4, $5, $6)",
      [key.member, key.scope, key.id, inputHash, state, bySaga],
    ),
  closeCommand: async (run, key, state, outcome) => {
    const rows = await run(
      "update kerf.command set state = $4, outcome = $5::text::json where member = $1 and scope = $2 and id = $3 and state in ('open', 'intent') returning 1",
      [key.member, key.scope, key.id, state, JSON.stringify(outcome ?? null)],
    );
    return rows.length > 0;
  },
  readCommand: async (run, key, lock) => {
    const [row] = await run<CommandRecord>(
      `select input_hash as "inputHash", state, outcome from kerf.command where member = $1 and scope = $2 and id = $3${lock ? " for update" : ""}`,
      [key.member, key.scope, key.id],
    );
    return row;
  },
};

const outbox: OutboxJournal = {
  appendOutbox(run, messages) {
    const locks = [...new Set(messages.map((m) => hashText(`${m.channel} ${m.key}`) % lanes))].toSorted(
      (a, b) => a - b,
    );
    // Two statements, both on their way at once: the ids of the second must be taken after the locks of the first.
    const locked = run(`select pg_advisory_xact_lock(${lockSpace}, lane) from unnest($1::int[]) as lane`, [
      locks,
    ]);
    const inserted = run(
      "insert into kerf.outbox (channel, key, id, body) select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])",
      columns(messages),
    );
    return Promise.all([locked, inserted]);
  },
  readOutbox: (run, limit) =>
    run<UnsentMessage>(
      "select sequence, channel, key, id, body from kerf.outbox order by sequence limit $1",
      [limit],
    ),
  deleteOutbox: (run, sequences) =>
    // A deletion that is lost with the server only sends again what every subscriber knows: it need not wait for the disk.
    run(
      `with lazy as (select set_config('synchronous_commit', 'off', true))
       delete from kerf.outbox using lazy where sequence = any($1::bigint[])`,
      [sequences],
    ),
};

const inbox: InboxJournal = {
  openInbox: (run, consumer, messageId) =>
    run("insert into kerf.inbox (consumer, id) values ($1, $2)", [consumer, messageId]),
  openReplayable: (run, consumer, messageId) => {
    // Two statements, both on their way at once: the second must see a swap that the first has waited for.
    const shared = shareGenerations(run);
    const inserted = run(
      `insert into kerf.inbox (consumer, id) values
         ($1::text || coalesce('#' || (select generation from kerf.generation where consumer = $1), ''), $2)`,
      [consumer, messageId],
    );
    return Promise.all([shared, inserted]);
  },
  blockedKeys: async (run, channel) => {
    const rows = await run<{ key: string }>(
      // One probe of the index for each key, however many messages queue behind it.
      `with recursive blocked as (
         (select key from kerf.parked where state = 'waiting' and channel = $1 order by key limit 1)
         union all
         select n.key from blocked b cross join lateral (
           select key from kerf.parked where state = 'waiting' and channel = $1 and key > b.key order by key limit 1) n)
       select key from blocked`,
      [channel],
    );
    return new Set(rows.map((r) => r.key));
  },
  parkedIds: async (run, channel, ids) => {
    const rows = await run<{ id: string }>(
      "select id from kerf.parked where channel = $1 and id = any ($2::text[])",
      [channel, ids],
    );
    return new Set(rows.map((r) => r.id));
  },
  park: (run, messages, error, nextInMs, firstFailed) =>
    run(
      `insert into kerf.parked (channel, key, id, body, error, next_at, attempts)
       select c, k, i, b, $5, now() + $6 * interval '1 ms', case when $7 and nth = 1 then 1 else 0 end
       from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as m (c, k, i, b, nth) order by nth
       on conflict (channel, id) do nothing`,
      [...columns(messages), error, nextInMs, firstFailed],
    ),
  claimParked: async (run, worker, limit, hideMs) => {
    // A statement of its own: the claim must see what it did.
    void run("select kerf.promote($1)", [limit]).catch(() => {});
    return run<ParkedMessage>(
      `update kerf.parked set next_at = now() + $2 * interval '1 ms', worker = $3 where parked_id = any (array(
         select parked_id from kerf.parked where parked_id = any (array(
           select parked_id from kerf.parked_head where next_at <= now() order by parked_id limit $1))
           and state = 'waiting' and next_at <= now()
         order by parked_id for update skip locked))
       returning parked_id as "parkedId", channel, key, id, body, attempts,
         case when attempts = 0 then 0 else (extract(epoch from now() - first_failed_at) * 1000)::bigint end as "failingForMs"`,
      [limit, hideMs, worker],
    );
  },
  unclaimParked: (run, worker, parkedId) =>
    run("update kerf.parked set next_at = now(), worker = null where parked_id = $1 and worker = $2", [
      parkedId,
      worker,
    ]),
  unpark: (run, worker, parkedId) =>
    run(
      // Divides by zero where it is not ours any more: a statement has to fail for the transaction to.
      `with gone as (delete from kerf.parked where parked_id = $1 and worker = $2 returning 1)
       select 1 / count(*) from gone`,
      [parkedId, worker],
    ),
  postpone: (run, worker, parkedId, error, nextInMs) =>
    run(
      `update kerf.parked set attempts = attempts + 1, error = $2, next_at = now() + $3 * interval '1 ms', worker = null,
         first_failed_at = case when attempts = 0 then now() else first_failed_at end
       where parked_id = $1 and worker = $4`,
      [parkedId, error, nextInMs, worker],
    ),
  bury: (run, worker, parkedId, error, cause) =>
    run(
      "update kerf.parked set state = 'dead', worker = null, dead_at = now(), attempts = attempts + 1, error = $2, cause = $3 where parked_id = $1 and worker = $4",
      [parkedId, error, cause, worker],
    ),
};

const workers: WorkerJournal = {
  tick: async (run, worker, replica, leaseMs) => {
    const [row] = await run<{ tick: Nullable<Tick> }>("select kerf.tick($1, $2, $3) as tick", [
      worker,
      replica,
      leaseMs,
    ]);
    const tick = row!.tick;
    return {
      ...tick,
      relayFence: tick.relayFence ?? undefined,
      nextInMs: tick.nextInMs ?? undefined,
    } as Tick;
  },
  releaseWorker: async (run, worker) => {
    await run("update kerf.lease set worker = null where worker = $1", [worker]);
    await run("update kerf.saga set worker = null where worker = $1 and state in ('running', 'undoing')", [
      worker,
    ]);
    await run("delete from kerf.worker where id = $1", [worker]);
  },
  declareHears: (run, worker, types) =>
    run(
      `with gone as (delete from kerf.hears h where at < now() - interval '1 day'
         and not exists (select from kerf.worker w where w.id = h.worker))
       insert into kerf.hears (worker, types) values ($1, $2::text[])
       on conflict (worker) do update set types = excluded.types, at = now()`,
      [worker, types],
    ),
  heardByOthers: async (run, worker) => {
    const rows = await run<{ type: string }>(
      `select distinct unnest(h.types) as type from kerf.hears h
       where h.worker <> $1 and exists (select from kerf.worker w where w.id = h.worker and w.expires_at > now())`,
      [worker],
    );
    return new Set(rows.map((row) => row.type));
  },
  declareSlots: (run, slots) =>
    run(
      `insert into kerf.slot (name, every_ms, next_at) select n, e, now() + e * interval '1 ms' from unnest($1::text[], $2::bigint[]) as s (n, e)
       on conflict (name) do update set every_ms = excluded.every_ms,
         next_at = least(kerf.slot.next_at, now() + excluded.every_ms * interval '1 ms')`,
      [slots.map((s) => s.name), slots.map((s) => s.everyMs)],
    ),
  openSlot: async (run, { name, at }) => {
    // Missed slots collapse into one: the next time counts from now.
    const rows = await run(
      `with due as (select name from kerf.slot where name = $1 and kerf.micros(next_at) = $2 for update skip locked)
       update kerf.slot s set next_at = now() + s.every_ms * interval '1 ms' from due where s.name = due.name returning 1`,
      [name, at],
    );
    return rows.length > 0;
  },
  trim: async (run, limit, { handledMs, sagaCommandsMs, actionsMs }) => {
    const [row] = await run<{ most: number }>("select kerf.trim($1, $2, $3, $4) as most", [
      limit,
      handledMs,
      sagaCommandsMs,
      actionsMs,
    ]);
    return row!.most < limit;
  },
  backlog: async (run) => {
    const [row] = await run<Backlog>(
      `with live as (
         select count(*) as sagas, coalesce(sum(mail), 0) as mail,
           count(*) filter (where next_at < now() - interval '5 minutes' and not exists (
             select from kerf.worker w where w.id = s.worker)) as untaken
         from (select next_at, worker, mail from kerf.saga where state in ('running', 'undoing') limit ${countLimit}) s),
       vain as (
         select count(*) as sagas from kerf.saga s where worker is not null and state in ('running', 'undoing') and exists (
           select from kerf.saga_step t where t.saga = s.name and t.id = s.id and t.command_id <> ''
             and t.state in ('started', 'undoing') and t.at < now() - interval '10 minutes')
           and exists (select from kerf.worker w where w.id = s.worker))
       select (select count(*) from (select from kerf.outbox limit ${countLimit}) o) as outbox,
        coalesce((select extract(epoch from now() - at) * 1000 from kerf.outbox order by sequence limit 1), 0)::bigint as "oldestUnsentMs",
        (select count(*) from (select from kerf.parked where state = 'waiting' limit ${countLimit}) p) as retries,
        (select count(*) from (select from kerf.parked where state = 'dead' limit ${countLimit}) p) as "deadLetters",
        (select count(*) from kerf.saga where state = 'parked') as "parkedSagas",
        live.sagas as sagas, live.mail::bigint as mail, live.untaken + vain.sagas as "stuckSagas"
       from live, vain`,
    );
    return row!;
  },
};

type Nullable<T> = { [K in keyof T]: T[K] | null };

function columns(
  messages: readonly { channel: string; key: string; id: string; body: string }[],
): string[][] {
  return [
    messages.map((m) => m.channel),
    messages.map((m) => m.key),
    messages.map((m) => m.id),
    messages.map((m) => m.body),
  ];
}

/** The journal in PostgreSQL, in the tables of `schema.ts`. */
export const postgresJournal: Journal = { ...commands, ...outbox, ...inbox, ...postgresSagas, ...workers };

export type { Run };
