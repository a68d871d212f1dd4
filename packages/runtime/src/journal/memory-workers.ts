import { statementOn } from "../data/memory/database.ts";
import type { Tables } from "../data/memory/session.ts";
import type { WorkerJournal } from "./journal.ts";
import { freeClaims, heads } from "./memory-parked.ts";
import {
  isLive,
  type CommandRow,
  type HearsRow,
  type LeaseRow,
  type OutboxRow,
  type ParkedRow,
  type SagaRow,
  type SlotRow,
  type StepRow,
  type WorkerRow,
} from "./memory-rows.ts";

const relay = "relay";

/** Everything that a service does by itself, in the journal in memory. */
export const memoryWorkers: WorkerJournal = {
  tick: (run, worker, replica, leaseMs) =>
    statementOn(run, async (tables) => {
      await buryDead(tables, worker, replica);
      await tables.put("worker", worker, { replica, expiresAt: tables.now + leaseMs } satisfies WorkerRow);
      const before = tables.get<LeaseRow>("lease", relay)?.fence;
      const relayFence = await takeLease(tables, worker);
      // A fence that the server forgot would be given to another once more.
      if (relayFence === undefined || relayFence === before) tables.lazy();
      const parked = heads(tables).map((row) => row.nextAt);
      const sagas = tables.all<SagaRow>("saga").flatMap(([, row]) => (isLive(row) ? [row] : []));
      const slots = tables.all<SlotRow>("slot");
      const resting = sagas.filter((saga) => saga.worker === undefined).map((saga) => saga.nextAt);
      const next = Math.min(
        ...[...parked, ...resting, ...slots.map(([, slot]) => slot.nextAt)].filter((at) => at > tables.now),
      );
      return {
        relayFence,
        unsent: relayFence !== undefined && tables.all("outbox").length > 0,
        parkedDue: parked.some((at) => at <= tables.now),
        ownSagas: sagas.filter((saga) => saga.worker === worker).length,
        sagasDue: sagas.some((saga) => saga.nextAt <= tables.now && !hasOwner(tables, saga.worker)),
        slotsDue: slots
          .filter(([, slot]) => slot.nextAt <= tables.now)
          .map(([name, slot]) => ({ name, at: micros(slot.nextAt) })),
        nextInMs: next === Infinity ? undefined : Math.ceil(next - tables.now),
      };
    }),
  releaseWorker: (run, worker) =>
    statementOn(run, async (tables) => {
      const lease = await tables.lock<LeaseRow>("lease", relay);
      if (lease?.worker === worker) await tables.put("lease", relay, { ...lease, worker: undefined });
      for (const [key, { worker: owner }] of tables.all<SagaRow>("saga")) {
        if (owner !== worker) continue;
        const row = (await tables.lock<SagaRow>("saga", key))!;
        if (row.worker === worker && isLive(row))
          await tables.put("saga", key, { ...row, worker: undefined });
      }
      await tables.put("worker", worker, undefined);
      await freeClaims(tables, worker);
    }),
  declareHears: (run, worker, types) =>
    statementOn(run, (tables) => tables.put("hears", worker, { types } satisfies HearsRow)),
  heardByOthers: (run, worker) =>
    statementOn(run, (tables) => {
      const living = (id: string) => (tables.get<WorkerRow>("worker", id)?.expiresAt ?? 0) > tables.now;
      const others = tables.all<HearsRow>("hears").filter(([id]) => id !== worker && living(id));
      return new Set(others.flatMap(([, { types }]) => types));
    }),
  declareSlots: (run, slots) =>
    statementOn(run, async (tables) => {
      for (const { name, everyMs } of slots) {
        const known = await tables.lock<SlotRow>("slot", name);
        const latest = tables.now + everyMs;
        const nextAt = Math.min(known?.nextAt ?? latest, latest);
        await tables.put("slot", name, { everyMs, nextAt } satisfies SlotRow);
      }
    }),
  openSlot: (run, { name, at }) =>
    statementOn(run, async (tables) => {
      const slot = tables.lockNow<SlotRow>("slot", name);
      if (slot === undefined || slot === "taken" || micros(slot.nextAt) !== at) return false;
      await tables.put("slot", name, { ...slot, nextAt: tables.now + slot.everyMs });
      return true;
    }),
  trim: (run, limit, { handledMs, sagaCommandsMs }) =>
    statementOn(run, async (tables) => {
      tables.lazy();
      const handled = tables.now - handledMs;
      const bySaga = tables.now - Math.max(handledMs, sagaCommandsMs);
      const gone = await Promise.all([
        remove<{ at: number }>(tables, "inbox", limit, (row) => row.at < handled),
        remove<CommandRow>(
          tables,
          "command",
          limit,
          (row) => row.at < (row.bySaga || row.state === "intent" ? bySaga : handled),
        ),
        remove<ParkedRow>(tables, "parked", limit, (row) => row.state === "dropped" && row.deadAt! < handled),
        remove<SagaRow>(tables, "saga", limit, (row) => row.endedAt !== undefined && row.endedAt < handled),
        remove<SlotRow>(tables, "slot", limit, (row) => row.nextAt < handled),
      ]);
      const orphan = (row: { saga: string }): boolean => !tables.get("saga", row.saga);
      await remove(tables, "step", Infinity, orphan);
      await remove(tables, "mail", Infinity, orphan);
      return Math.max(...gone) < limit;
    }),
  backlog: (run) =>
    statementOn(run, (tables) => {
      const outbox = tables.all<OutboxRow>("outbox");
      const parked = tables.all<ParkedRow>("parked").map(([, row]) => row.state);
      const sagas = tables.all<SagaRow>("saga");
      const live = sagas.filter(([, row]) => isLive(row));
      const steps = tables.all<StepRow>("step").map(([, row]) => row);
      const inVain = (key: string, row: SagaRow): boolean =>
        hasOwner(tables, row.worker)
          ? steps.some(
              (step) =>
                step.saga === key &&
                step.commandId !== "" &&
                (step.state === "started" || step.state === "undoing") &&
                step.at < tables.now - 600_000,
            )
          : row.nextAt < tables.now - 300_000;
      return {
        outbox: outbox.length,
        oldestUnsentMs: Math.max(0, ...outbox.slice(0, 1).map(([, row]) => tables.now - row.at)),
        retries: parked.filter((state) => state === "waiting").length,
        deadLetters: parked.filter((state) => state === "dead").length,
        sagas: live.length,
        parkedSagas: sagas.filter(([, row]) => row.state === "parked").length,
        stuckSagas: live.filter(([key, row]) => inVain(key, row)).length,
        mail: live.reduce((sum, [, row]) => sum + row.mail, 0),
      };
    }),
};

/** A worker whose time is over, or whose place another took, is dead. */
async function buryDead(tables: Tables, worker: string, replica: string): Promise<void> {
  const isDead = (row: WorkerRow): boolean => row.expiresAt < tables.now || row.replica === replica;
  for (const [id, row] of tables.all<WorkerRow>("worker")) {
    if (id === worker || !isDead(row)) continue;
    const now = await tables.lock<WorkerRow>("worker", id);
    if (!now || !isDead(now)) continue;
    await tables.put("worker", id, undefined);
    await freeClaims(tables, id);
  }
}

/** Takes the relay's lease where it is free; gives its fence where it is this worker's. */
async function takeLease(tables: Tables, worker: string): Promise<number | undefined> {
  const seen = tables.get<LeaseRow>("lease", relay);
  if (seen?.worker === worker) return seen.fence;
  if (hasOwner(tables, seen?.worker)) return undefined;
  const lease = (await tables.lock<LeaseRow>("lease", relay)) ?? { worker: undefined, fence: 0 };
  if (hasOwner(tables, lease.worker)) return undefined;
  await tables.put("lease", relay, { worker, fence: lease.fence + 1 } satisfies LeaseRow);
  return lease.fence + 1;
}

function hasOwner(tables: Tables, worker: string | undefined): boolean {
  return worker !== undefined && tables.get("worker", worker) !== undefined;
}

async function remove<R extends object>(
  tables: Tables,
  table: string,
  limit: number,
  isOver: (row: R) => boolean,
): Promise<number> {
  const over = tables
    .all<R>(table)
    .filter(([, row]) => isOver(row))
    .slice(0, limit);
  for (const [key] of over) await tables.put(table, key, undefined);
  return over.length;
}

/** As PostgreSQL keeps a time. */
function micros(ms: number): number {
  return Math.round(ms * 1_000);
}
