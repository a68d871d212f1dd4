import { statementOn } from "../data/memory/database.ts";
import type { Tables } from "../data/memory/session.ts";
import type { InboxJournal } from "./journal.ts";
import { by, type ParkedRow } from "./memory-rows.ts";

/** The first of each key of those that wait, oldest first. */
export function heads(tables: Tables): ParkedRow[] {
  const first = new Map<string, ParkedRow>();
  for (const row of rows<ParkedRow>(tables, "parked").toSorted(by((r) => r.parkedId))) {
    const key = `${row.channel} ${row.key}`;
    if (row.state === "waiting" && !first.has(key)) first.set(key, row);
  }
  return [...first.values()];
}

/** Shows what a worker that is gone had claimed. What is locked is at work after all. */
export async function freeClaims(tables: Tables, worker: string): Promise<void> {
  for (const { parkedId } of rows<ParkedRow>(tables, "parked").filter((row) => row.worker === worker)) {
    const row = tables.lockNow<ParkedRow>("parked", String(parkedId));
    if (row === undefined || row === "taken" || row.worker !== worker || row.state !== "waiting") continue;
    await tables.put("parked", String(parkedId), { ...row, worker: undefined, nextAt: tables.now });
  }
}

/** What was handled, and what waits to be, in the journal in memory. */
export const memoryInbox: InboxJournal = {
  openInbox: (run, consumer, messageId) =>
    statementOn(run, (tables) => tables.insert("inbox", `${consumer} ${messageId}`, { at: tables.now })),
  // Read models are tables: nothing is replayed without PostgreSQL, so there is one generation.
  openReplayable: (run, consumer, messageId) => memoryInbox.openInbox(run, consumer, messageId),
  blockedKeys: (run, channel) =>
    statementOn(
      run,
      (tables) =>
        new Set(
          rows<ParkedRow>(tables, "parked")
            .filter((row) => row.state === "waiting" && row.channel === channel)
            .map((row) => row.key),
        ),
    ),
  parkedIds: (run, channel, ids) =>
    statementOn(run, (tables) => new Set(ids.filter((id) => tables.get("parked id", `${channel} ${id}`)))),
  park: (run, messages, error, nextInMs, firstFailed) =>
    statementOn(run, async (tables) => {
      for (const [nth, { channel, key, id, body }] of messages.entries()) {
        const known = await tables.lock<{ parkedId: number }>("parked id", `${channel} ${id}`);
        if (known) continue;
        const parkedId = tables.next("parked");
        const row: ParkedRow = {
          parkedId,
          channel,
          key,
          id,
          body,
          state: "waiting",
          attempts: firstFailed && nth === 0 ? 1 : 0,
          error,
          firstFailedAt: tables.now,
          nextAt: tables.now + nextInMs,
        };
        await tables.put("parked id", `${channel} ${id}`, { parkedId });
        await tables.insert("parked", String(parkedId), row);
      }
    }),
  claimParked: (run, worker, limit, hideMs) =>
    statementOn(run, async (tables) => {
      const due = heads(tables).filter((row) => row.nextAt <= tables.now);
      const claimed = [];
      for (const { parkedId } of due.slice(0, limit)) {
        const row = tables.lockNow<ParkedRow>("parked", String(parkedId));
        if (row === undefined || row === "taken" || row.nextAt > tables.now || row.state !== "waiting")
          continue;
        await tables.put("parked", String(parkedId), { ...row, worker, nextAt: tables.now + hideMs });
        const { channel, key, id, body, attempts } = row;
        const failingForMs = attempts === 0 ? 0 : tables.now - row.firstFailedAt;
        claimed.push({ parkedId, channel, key, id, body, attempts, failingForMs });
      }
      return claimed;
    }),
  unclaimParked: (run, worker, parkedId) =>
    change(run, worker, parkedId, (row, { now }) => ({ ...row, worker: undefined, nextAt: now })),
  unpark: (run, worker, parkedId) =>
    statementOn(run, async (tables) => {
      const row = await tables.lock<ParkedRow>("parked", String(parkedId));
      if (row?.worker !== worker) throw new Error("another process has this message now");
      await tables.put("parked", String(parkedId), undefined);
      await tables.put("parked id", `${row.channel} ${row.id}`, undefined);
    }),
  postpone: (run, worker, parkedId, error, nextInMs) =>
    change(run, worker, parkedId, (row, { now }) => ({
      ...row,
      error,
      attempts: row.attempts + 1,
      worker: undefined,
      nextAt: now + nextInMs,
      firstFailedAt: row.attempts === 0 ? now : row.firstFailedAt,
    })),
  bury: (run, worker, parkedId, error, cause) =>
    change(run, worker, parkedId, (row, { now }) => ({
      ...row,
      error,
      cause,
      attempts: row.attempts + 1,
      worker: undefined,
      state: "dead",
      deadAt: now,
    })),
};

function change(
  run: Parameters<InboxJournal["unpark"]>[0],
  worker: string,
  parkedId: number,
  to: (row: ParkedRow, tables: Tables) => ParkedRow,
): Promise<void> {
  return statementOn(run, async (tables) => {
    const row = await tables.lock<ParkedRow>("parked", String(parkedId));
    if (row?.worker === worker) await tables.put("parked", String(parkedId), to(row, tables));
  });
}

function rows<R extends object>(tables: Tables, table: string): R[] {
  return tables.all<R>(table).map(([, row]) => row);
}
