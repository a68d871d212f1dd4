import { StatusError } from "kerf";
import type {
  LiveSagas,
  MailItem,
  NewSaga,
  SagaJournal,
  SagaRecord,
  SagaWritten,
  StepRecord,
} from "./journal.ts";

/** Nothing is null in a row. */
function recordOf(row: SagaRecord): SagaRecord {
  return { ...row, error: row.error ?? undefined, baggage: row.baggage ?? undefined };
}

/** The sagas' part of the journal in PostgreSQL. */
export const postgresSagas: SagaJournal = {
  openSagas: async (run, worker, sagas) => {
    const opened: NewSaga[] = [];
    for (const saga of sagas) {
      const [row] = await run<{ same: boolean; added: boolean }>(
        `insert into kerf.saga (name, id, version, input, input_hash, actor, traceparent, state, worker, baggage)
         values ($1, $2, $3, $4::text::json, $5, $6::text::json, $7, 'running', $8, $9)
         on conflict (name, id) do update set input_hash = kerf.saga.input_hash
         returning input_hash = $5 as same, xmax = 0 as added`,
        [
          saga.name,
          saga.id,
          saga.version,
          JSON.stringify(saga.input),
          saga.inputHash,
          JSON.stringify(saga.actor ?? null),
          saga.traceparent,
          worker ?? null,
          saga.baggage ?? null,
        ],
      );
      if (!row!.same) {
        throw new StatusError(
          "FAILED_PRECONDITION",
          `the saga ${saga.name} "${saga.id}" was started before with another input; start it under another id`,
        );
      }
      if (row!.added) opened.push(saga);
    }
    return opened;
  },
  claimSagas: async (run, worker, { limit, inMemory, known }) => {
    const rows = await run<SagaRecord>(
      `update kerf.saga s set worker = $1 where (name, id) in (
         select name, id from kerf.saga s where state in ('running', 'undoing') and next_at <= now()
           and (worker is null or worker = $1 or not exists (select from kerf.worker w where w.id = s.worker))
           and name || ' ' || id <> all ($3::text[])
           and exists (select from unnest($4::text[], $5::int[]) k (name, version) where k.name = s.name and s.version <= k.version)
         order by next_at limit $2 for update skip locked)
       returning name, id, version, input, input_hash as "inputHash", actor, traceparent, baggage, state, error`,
      [worker, limit, inMemory, known.map((k) => k.name), known.map((k) => k.version)],
    );
    return rows.map(recordOf);
  },
  readSaga: async (run, saga, id) => {
    const [row] = await run<SagaRecord>(
      `select name, id, version, input, input_hash as "inputHash", actor, traceparent, baggage, state, error
       from kerf.saga where name = $1 and id = $2`,
      [saga, id],
    );
    return row && recordOf(row);
  },
  readSteps: (run, saga, id) =>
    run<StepRecord>(
      `select position, name, member, input_hash as "inputHash", command_id as "commandId", state, output, refusals,
         (extract(epoch from at) * 1000)::bigint as at
       from kerf.saga_step where saga = $1 and id = $2 order by position`,
      [saga, id],
    ),
  recordSaga: async (run, worker, saga, id, steps, progress) => {
    const { parked } = progress;
    const ended = progress.state === "done" || progress.state === "refused";
    const leaves = ended || parked !== undefined || progress.resumeInMs !== undefined;
    // One statement, so that whoever lost the saga writes none of it.
    const [row] = await run<{ written: SagaWritten }>(
      `with own as (
         update kerf.saga set state = $4, error = $5::text::json, worker = case when $6 then null else worker end,
           next_at = case when not $6 then next_at when mail > $10 then now() else now() + $7 * interval '1 ms' end,
           ended_at = case when $8 then now() end, parked_reason = $12,
           parked_at = case when $12::text is not null then now() end, parked_from = $13
         where name = $1 and id = $2 and worker = $3 returning worker is null and next_at <= now() as due),
       written as (
         insert into kerf.saga_step (saga, id, name, position, member, input_hash, command_id, state, input, output, refusals, ended_at)
         select $1, $2, t.name, t.position, t.member, t."inputHash", t."commandId", t.state, t.input, t.output, coalesce(t.refusals, 0),
           case when t.state in ('done', 'failed') then now() end
         from json_to_recordset($9::text::json) as t (name text, position int, member text, "inputHash" text, "commandId" text, state text, input json, output json, refusals int), own
         on conflict (saga, id, name) do update set state = excluded.state, output = excluded.output, refusals = excluded.refusals, at = now(),
           ended_at = coalesce(kerf.saga_step.ended_at, excluded.ended_at)
         where (kerf.saga_step.state, kerf.saga_step.refusals) is distinct from (excluded.state, excluded.refusals))
       select coalesce((select case when due then 'due' else 'kept' end from own), 'lost') as written, case when not $11::boolean then set_config('synchronous_commit', 'off', true) end`,
      [
        saga,
        id,
        worker,
        progress.state,
        progress.error ? JSON.stringify(progress.error) : null,
        leaves,
        progress.resumeInMs ?? 0,
        ended,
        JSON.stringify(steps),
        progress.seenMail ?? 2_147_483_647,
        progress.durable,
        parked?.reason ?? null,
        parked?.from ?? null,
      ],
    );
    return row!.written;
  },
  deliverMail: (run, saga, id, mail) =>
    // A saga that sleeps is woken; mail for one that never was or is over is dropped with its event.
    run(
      `with live as (update kerf.saga set next_at = now(), mail = mail + 1 where name = $1 and id = $2 and state in ('running', 'parked') returning 1)
       insert into kerf.mail (saga, id, message_id, event, data, version) select $1, $2, $3, $4, $5::text::json, $6 from live on conflict do nothing`,
      [saga, id, mail.messageId, mail.event, JSON.stringify(mail.data), mail.version ?? 1],
    ),
  readMail: async (run, saga, id) => {
    const rows = await run<{ seen: number; event: string | null } & Omit<MailItem, "event">>(
      `select s.mail as seen, m.event, m.message_id as "messageId", m.version, m.data
       from kerf.saga s left join kerf.mail m on m.saga = s.name and m.id = s.id
       where s.name = $1 and s.id = $2 order by m.position`,
      [saga, id],
    );
    return {
      seen: rows[0]?.seen ?? 0,
      items: rows.flatMap(({ seen: _seen, event, ...item }) => (event === null ? [] : [{ event, ...item }])),
    };
  },
  liveSagas: (run) =>
    run<LiveSagas>(
      // Each half by its own index: those that ended are the many.
      `select name, version, count(*) as instances from (
         select name, version from kerf.saga where state in ('running', 'undoing')
         union all select name, version from kerf.saga where state = 'parked') live
       group by name, version order by name, version`,
    ),
};
