import { StatusError } from "kerf";
import { statementOn } from "../data/memory/database.ts";
import type { NewSaga, SagaJournal, SagaRecord } from "./journal.ts";
import {
  by,
  isLive,
  toJson,
  unlessThere,
  type MailRow,
  type SagaRow,
  type StepRow,
  type WorkerRow,
} from "./memory-rows.ts";

const keyOf = (saga: string, id: string): string => `${saga} ${id}`;

function recordOf({
  name,
  id,
  version,
  input,
  inputHash,
  actor,
  traceparent,
  baggage,
  state,
  error,
}: SagaRow): SagaRecord {
  const told = error === undefined ? undefined : JSON.parse(error);
  const data = { input: JSON.parse(input), actor: JSON.parse(actor) };
  return { name, id, version, ...data, inputHash, traceparent, baggage, state, error: told };
}

/** The sagas' part of the journal in memory. */
export const memorySagas: SagaJournal = {
  openSagas: (run, worker, sagas) =>
    statementOn(run, async (tables) => {
      const opened: NewSaga[] = [];
      for (const saga of sagas) {
        const key = keyOf(saga.name, saga.id);
        const known = await tables.lock<SagaRow>("saga", key);
        if (known && known.inputHash !== saga.inputHash) {
          throw new StatusError(
            "FAILED_PRECONDITION",
            `the saga ${saga.name} "${saga.id}" was started before with another input; start it under another id`,
          );
        }
        if (known) continue;
        const row: SagaRow = {
          ...saga,
          input: toJson(saga.input),
          actor: toJson(saga.actor),
          state: "running",
          error: undefined,
          worker,
          mail: 0,
          nextAt: tables.now,
          endedAt: undefined,
        };
        await tables.put("saga", key, row);
        opened.push(saga);
      }
      return opened;
    }),
  claimSagas: (run, worker, { limit, inMemory, known }) =>
    statementOn(run, async (tables) => {
      const memory = new Set(inMemory);
      const mayTake = (key: string, row: SagaRow): boolean =>
        isLive(row) &&
        row.nextAt <= tables.now &&
        (row.worker === undefined || row.worker === worker || !tables.get<WorkerRow>("worker", row.worker)) &&
        !memory.has(key) &&
        known.some(({ name, version }) => name === row.name && row.version <= version);
      const due = tables
        .all<SagaRow>("saga")
        .filter(([key, row]) => mayTake(key, row))
        .toSorted(by(([, row]) => row.nextAt));
      const claimed: SagaRecord[] = [];
      for (const [key] of due) {
        if (claimed.length === limit) break;
        const row = tables.lockNow<SagaRow>("saga", key);
        if (row === undefined || row === "taken" || !mayTake(key, row)) continue;
        await tables.put("saga", key, { ...row, worker });
        claimed.push(recordOf(row));
      }
      return claimed;
    }),
  readSaga: (run, saga, id) =>
    statementOn(run, (tables) => {
      const row = tables.get<SagaRow>("saga", keyOf(saga, id));
      return row && recordOf(row);
    }),
  readSteps: (run, saga, id) =>
    statementOn(run, (tables) =>
      tables
        .all<StepRow>("step")
        .map(([, row]) => row)
        .filter((row) => row.saga === keyOf(saga, id))
        .toSorted(by((row) => row.position))
        .map(({ saga: _saga, output, ...row }) => ({ ...row, output: JSON.parse(output) })),
    ),
  recordSaga: (run, worker, saga, id, steps, progress) =>
    statementOn(run, async (tables) => {
      if (!progress.durable) tables.lazy();
      const key = keyOf(saga, id);
      const row = await tables.lock<SagaRow>("saga", key);
      if (!row || row.worker !== worker) return "lost";
      const { state, error, parked, resumeInMs, seenMail } = progress;
      const ended = state === "done" || state === "refused";
      const leaves = ended || parked !== undefined || resumeInMs !== undefined;
      const waitMs = row.mail > (seenMail ?? Infinity) ? 0 : (resumeInMs ?? 0);
      const nextAt = leaves ? tables.now + waitMs : row.nextAt;
      await tables.put("saga", key, {
        ...row,
        state,
        error: error && toJson(error),
        worker: leaves ? undefined : worker,
        nextAt,
        endedAt: ended ? tables.now : undefined,
        parkedReason: parked?.reason,
      } satisfies SagaRow);
      for (const step of steps) {
        const stepKey = `${key} ${step.name}`;
        const known = await tables.lock<StepRow>("step", stepKey);
        const { position, name, member, inputHash, commandId } = known ?? step;
        const { state: to, output, refusals = 0 } = step;
        if (known?.state === to && known.refusals === refusals) continue;
        const changed = { state: to, output: toJson(output), refusals, at: tables.now };
        const stepRow: StepRow = { saga: key, position, name, member, inputHash, commandId, ...changed };
        await tables.put("step", stepKey, stepRow);
      }
      return leaves && nextAt <= tables.now ? "due" : "kept";
    }),
  liveSagas: (run) =>
    statementOn(run, (tables) => {
      const live = tables
        .all<SagaRow>("saga")
        .flatMap(([, row]) => (isLive(row) || row.state === "parked" ? [row] : []));
      const byVersion = Map.groupBy(live, (row) => JSON.stringify([row.name, row.version]));
      return [...byVersion.values()].map((rows) => ({
        name: rows[0]!.name,
        version: rows[0]!.version,
        instances: rows.length,
      }));
    }),
  deliverMail: (run, saga, id, { event, messageId, data, version = 1 }) =>
    statementOn(run, async (tables) => {
      const key = keyOf(saga, id);
      const row = await tables.lock<SagaRow>("saga", key);
      if (row?.state !== "running" && row?.state !== "parked") return;
      await tables.put("saga", key, { ...row, nextAt: tables.now, mail: row.mail + 1 });
      const position = tables.next("mail");
      const mail: MailRow = { saga: key, position, event, messageId, version, data: toJson(data) };
      await tables.insert("mail", `${key} ${messageId}`, mail).catch(unlessThere);
    }),
  readMail: (run, saga, id) =>
    statementOn(run, (tables) => {
      const key = keyOf(saga, id);
      const items = tables
        .all<MailRow>("mail")
        .map(([, row]) => row)
        .filter((row) => row.saga === key)
        .toSorted(by((row) => row.position))
        .map(({ event, messageId, version, data }) => ({
          event,
          messageId,
          version,
          data: JSON.parse(data),
        }));
      return { seen: tables.get<SagaRow>("saga", key)?.mail ?? 0, items };
    }),
};
