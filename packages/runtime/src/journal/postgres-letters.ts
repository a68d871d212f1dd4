import type { Run } from "../data/transaction.ts";
import type {
  Action,
  DeadLetter,
  DeadLetterGroup,
  LetterChoice,
  OperationsJournal,
} from "./operations-journal.ts";

const columns = `p.id, channel, key, coalesce(body::json->>'type', '') as type, coalesce(cause, '') as cause, state, attempts,
  error, first_failed_at as "firstFailedAt", dead_at as "deadAt", replay_at as "replayAt", body`;
/** `$1` channel, `$2` id, `$3` cause. Of an id its index is used, of a cause the one of dead letters. */
const chosen = `state = 'dead' and ($1::text is null or channel = $1) and ($2::text is null or id = $2) and ($3::text is null or cause = $3)`;

function parametersOf({ channel, id, cause }: LetterChoice): (string | null)[] {
  return [channel ?? null, id ?? null, cause ?? null];
}

type Letters = Pick<
  OperationsJournal,
  "readGroups" | "readLetters" | "findLetters" | "replayLetters" | "dropLetters" | "readActions"
>;

/** What people do to dead letters, in PostgreSQL. */
export const postgresLetters: Letters = {
  readGroups: (run) =>
    run<DeadLetterGroup>(
      `with by_cause as (
         select coalesce(cause, '') as cause, count(*) as messages, count(distinct (channel, key)) as keys, count(replay_at) as replaying,
           min(dead_at) as "firstAt", max(dead_at) as "lastAt", max(parked_id) as latest
         from kerf.parked where state = 'dead' group by 1)
       select c.cause, coalesce(p.body::json->>'type', '') as type, messages, keys, replaying, "firstAt", "lastAt", p.error
       from by_cause c join kerf.parked p on p.parked_id = c.latest order by messages desc, "lastAt" desc`,
    ),
  readLetters: (run, which, limit) =>
    run<DeadLetter>(`select ${columns} from kerf.parked p where ${chosen} order by parked_id limit $4`, [
      ...parametersOf(which),
      limit,
    ]),
  findLetters: (run, id, channel) =>
    run<DeadLetter>(
      `select ${columns} from kerf.parked p where p.id = $1 and ($2::text is null or channel = $2)
         and (state <> 'waiting' or dead_at is not null) order by parked_id`,
      [id, channel ?? null],
    ),
  replayLetters: async (run, which, perSecond, { who, why }) => {
    const [row] = await run<{ messages: number; lastAt: string | null }>(
      `with letter as (
         select parked_id from kerf.parked where ${chosen} and replay_at is null order by parked_id for update),
       turn as (
         select parked_id, (row_number() over (order by parked_id) - 1) * interval '1 s' / $4::float8 as after,
           count(*) over () as among from letter),
       line as (
         select greatest(now(), max(replay_at) + interval '1 s' / $4::float8) as at from kerf.parked
         where state = 'dead' and replay_at is not null),
       replayed as (
         update kerf.parked p set replay_at = case when t.among = 1 then now() else line.at + t.after end
         from turn t, line where p.parked_id = t.parked_id
         returning p.channel, p.id, p.cause, p.error, p.attempts, p.dead_at, p.replay_at),
       noted as (
         insert into kerf.action (who, what, subject, id, why, detail)
         select $5, 'replay', channel, id, $6, json_build_object('cause', cause, 'error', error, 'attempts', attempts,
           'deadAt', dead_at, 'replayAt', replay_at) from replayed)
       select count(*) as messages, max(replay_at) as "lastAt" from replayed`,
      [...parametersOf(which), perSecond, who, why ?? null],
    );
    return row!;
  },
  dropLetters: async (run, which, { who, why }) => {
    // What was dropped must not be carried out when it comes again: events by the record of handled ones, of every generation
    // that is live; commands by the tombstone that settling leaves.
    const [row] = await run<{ messages: number }>(
      `with letter as (select parked_id, dead_at from kerf.parked where ${chosen} order by parked_id for update),
       dropped as (
         update kerf.parked p set state = 'dropped', dead_at = now(), replay_at = null from letter l where p.parked_id = l.parked_id
         returning p.channel, p.key, p.id, p.cause, p.error, p.attempts, l.dead_at, p.body::json->>'type' as type, p.body::json->>'source' as source),
       events as (
         insert into kerf.inbox (consumer, id)
         select c.consumer, d.id from dropped d cross join lateral (
           select d.type as consumer union select d.type || '#' || g.generation from kerf.generation g where g.consumer = d.type) c
         where d.type is not null and d.channel not like '%!commands' on conflict do nothing),
       commands as (
         insert into kerf.command (member, scope, id, input_hash, state, by_saga)
         select type, source, id, '', 'refused', false from dropped
         where type is not null and source is not null and channel like '%!commands' on conflict do nothing),
       noted as (
         insert into kerf.action (who, what, subject, id, why, detail)
         select $4, 'drop', channel, id, $5, json_build_object('cause', cause, 'error', error, 'attempts', attempts,
           'deadAt', dead_at, 'type', type, 'key', key) from dropped)
       select count(*) as messages from dropped`,
      [...parametersOf(which), who, why ?? null],
    );
    return row!.messages;
  },
  readActions,
};

async function readActions(run: Run, id: string, subject?: string): Promise<readonly Action[]> {
  const rows = await run<Action & { why: string | null }>(
    `select at, who, what, subject, why, coalesce(detail, '{}') as detail from kerf.action
     where id = $1 and ($2::text is null or subject = $2) order by action_id`,
    [id, subject ?? null],
  );
  return rows.map((row) => ({ ...row, why: row.why ?? undefined }));
}
