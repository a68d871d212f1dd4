import type { OperationsJournal, SagaDetail, SagaStep, SagaSummary } from "./operations-journal.ts";
import { postgresJournal } from "./postgres.ts";
import { postgresLetters } from "./postgres-letters.ts";
import type { SagaError, StepState } from "./journal.ts";

const columns = `s.name, s.id, s.version, s.state, s.started_at as "startedAt", s.ended_at as "endedAt",
  s.parked_at as "parkedAt", s.parked_reason as "parkedReason", s.error, v.name as step,
  s.state in ('running', 'undoing') and case
    when exists (select from kerf.worker w where w.id = s.worker) then coalesce(v.at < now() - interval '10 minutes', false)
    else s.next_at < now() - interval '5 minutes' end as stuck`;
/** The step that is at work for longest; `stuck` is what the count in a backlog calls so. */
const steps = `left join lateral (
  select t.name, t.at from kerf.saga_step t where t.saga = s.name and t.id = s.id and t.command_id <> ''
    and t.state in ('started', 'undoing') order by t.at limit 1) v on true`;
const live = "s.state in ('running', 'undoing')";

interface StepRow extends Omit<SagaStep, "output" | "error" | "undoAt"> {
  readonly output: unknown;
  readonly at: string;
}

const undone = new Set<StepState>(["undoing", "undone"]);

/** What people see and do, in PostgreSQL. */
export const postgresOperations: OperationsJournal = {
  ...postgresLetters,
  ready: async (run) => {
    const [row] = await run<{ there: boolean }>("select to_regclass('kerf.action') is not null as there");
    return row!.there;
  },
  countSagas: (run) =>
    run(
      `with stuck as (
         select name, state, count(*) as sagas from (select ${columns} from kerf.saga s ${steps} where ${live}) l
         where stuck group by name, state)
       select s.name, s.state, count(*) as sagas, coalesce(min(stuck.sagas), 0) as stuck
       from kerf.saga s left join stuck on stuck.name = s.name and stuck.state = s.state
       group by s.name, s.state order by s.name, s.state`,
    ),
  readSagas: (run, { state, name, limit }) => {
    const named = "($1::text is null or s.name = $1)";
    if (state === "stuck")
      return run<SagaSummary>(
        `select * from (select ${columns} from kerf.saga s ${steps} where ${live} and ${named}) l
         where stuck order by "startedAt" desc, name, id limit $2`,
        [name ?? null, limit],
      );
    // The steps are for those that are shown only.
    return run<SagaSummary>(
      `select ${columns} from (
         select * from kerf.saga s where ${named} and ($3::text is null or s.state = $3)
         order by state = 'parked' desc, started_at desc, name, id limit $2) s ${steps}
       order by s.state = 'parked' desc, s.started_at desc, s.name, s.id`,
      [name ?? null, limit, state ?? null],
    );
  },
  findSagas: async (run, id, name) => {
    const sagas = await run<Omit<SagaDetail, "steps" | "mail">>(
      `select ${columns}, s.parked_from as "parkedFrom", s.input, s.actor, s.traceparent, s.worker, s.next_at as "nextAt"
       from kerf.saga s ${steps} where s.id = $1 and ($2::text is null or s.name = $2) order by s.name`,
      [id, name ?? null],
    );
    return Promise.all(
      sagas.map(async (saga) => ({
        ...saga,
        steps: (
          await run<StepRow>(
            `select name, member, state, input, output, started_at as "startedAt", ended_at as "endedAt", at
             from kerf.saga_step where saga = $1 and id = $2 order by position`,
            [saga.name, saga.id],
          )
        ).map(stepOf),
        mail: await run<SagaDetail["mail"][number]>(
          "select event, at, data from kerf.mail where saga = $1 and id = $2 order by position",
          [saga.name, saga.id],
        ),
      })),
    );
  },
  retrySaga: async (run, name, id, { who, why }) => {
    const rows = await run(
      `with was as (
         select name, id, parked_from, parked_reason, parked_at, error from kerf.saga where name = $1 and id = $2 and state = 'parked' for update),
       back as (
         update kerf.saga s set state = was.parked_from, worker = null, next_at = now(), parked_at = null, parked_reason = null, parked_from = null
         from was where s.name = was.name and s.id = was.id),
       steps as (
         update kerf.saga_step t set at = now(), state = case t.state when 'failed' then 'started' else t.state end
         from was where t.saga = was.name and t.id = was.id
           and (t.state in ('started', 'undoing') or t.state = 'failed' and t.refusals > 0))
       insert into kerf.action (who, what, subject, id, why, detail)
       select $3, 'retry', name, id, $4, json_build_object('parkedFor', parked_reason, 'parkedAt', parked_at, 'from', parked_from, 'error', error)
       from was returning 1`,
      [name, id, who, why ?? null],
    );
    return rows.length > 0;
  },
  abandonSaga: async (run, name, id, { who, why }) => {
    const rows = await run(
      `with was as (
         select name, id, parked_from, parked_reason, parked_at, error from kerf.saga where name = $1 and id = $2 and state = 'parked' for update),
       ended as (
         update kerf.saga s set state = 'abandoned', worker = null, ended_at = now() from was where s.name = was.name and s.id = was.id),
       steps as (
         select json_agg(name order by position) filter (where state = 'done') as remain,
           json_agg(name order by position) filter (where state = 'undone') as undone,
           json_agg(name order by position) filter (where state = 'undoing') as "undoUnfinished",
           json_agg(name order by position) filter (where state = 'started') as unknown,
           json_agg(name order by position) filter (where state = 'failed') as failed
         from kerf.saga_step where saga = $1 and id = $2 and command_id <> '')
       insert into kerf.action (who, what, subject, id, why, detail)
       select $3, 'give up', was.name, was.id, $4, json_build_object('parkedFor', parked_reason, 'parkedAt', parked_at, 'from', parked_from,
         'error', error, 'remain', coalesce(remain, '[]'), 'undone', coalesce(undone, '[]'), 'undoUnfinished', coalesce("undoUnfinished", '[]'),
         'unknown', coalesce(unknown, '[]'), 'failed', coalesce(failed, '[]'))
       from was, steps returning 1`,
      [name, id, who, why ?? null],
    );
    return rows.length > 0;
  },
  publish: async (run, messages, type, { who, why }) => {
    const { channel, id, key } = messages[0]!;
    await run(
      `insert into kerf.action (who, what, subject, id, why, detail)
       values ($1, 'publish', $2, $3, $4, json_build_object('type', $5::text, 'key', $6::text))`,
      [who, channel, id, why ?? null, type, key],
    );
    // Last before the commit: it locks lanes.
    await postgresJournal.appendOutbox(run, messages);
  },
  readReplicas: (run) =>
    run(
      `select w.replica, w.id as worker, exists (select from kerf.lease l where l.worker = w.id) as relay
       from kerf.worker w where expires_at > now() order by w.replica, w.id`,
    ),
};

function stepOf({ at, output, ...row }: StepRow): SagaStep {
  const failed = row.state === "failed";
  return {
    ...row,
    output: failed ? null : output,
    error: failed ? (output as SagaError) : null,
    undoAt: undone.has(row.state) ? at : null,
  };
}
