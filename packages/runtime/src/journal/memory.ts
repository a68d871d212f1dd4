import { statementOn } from "../data/memory/database.ts";
import { hashText } from "./hash.ts";
import type { CommandJournal, Journal, OutboxJournal } from "./journal.ts";
import { by, commandKey, toJson, type CommandRow, type OutboxRow } from "./memory-rows.ts";
import { memoryInbox } from "./memory-parked.ts";
import { memorySagas } from "./memory-sagas.ts";
import { memoryWorkers } from "./memory-workers.ts";

const lanes = 64;

const commands: CommandJournal = {
  openCommand: (run, key, inputHash, state, bySaga) =>
    statementOn(run, (tables) =>
      tables.insert("command", commandKey(key), {
        inputHash,
        state,
        outcome: "null",
        bySaga,
        at: tables.now,
      } satisfies CommandRow),
    ),
  closeCommand: (run, key, state, outcome) =>
    statementOn(run, async (tables) => {
      const row = await tables.lock<CommandRow>("command", commandKey(key));
      if (row?.state !== "open" && row?.state !== "intent") return false;
      await tables.put("command", commandKey(key), { ...row, state, outcome: toJson(outcome) });
      return true;
    }),
  readCommand: (run, key, lock) =>
    statementOn(run, async (tables) => {
      const row = lock
        ? await tables.lock<CommandRow>("command", commandKey(key))
        : tables.get<CommandRow>("command", commandKey(key));
      return row && { inputHash: row.inputHash, state: row.state, outcome: JSON.parse(row.outcome) };
    }),
};

const outbox: OutboxJournal = {
  appendOutbox: (run, messages) =>
    statementOn(run, async (tables) => {
      const locks = new Set(messages.map((m) => hashText(`${m.channel} ${m.key}`) % lanes));
      for (const lane of [...locks].toSorted(by((n) => n))) await tables.lockName(`outbox lane ${lane}`);
      for (const { channel, key, id, body } of messages) {
        const sequence = tables.next("outbox");
        const row: OutboxRow = { sequence, channel, key, id, body, at: tables.now };
        await tables.insert("outbox", String(sequence), row);
      }
    }),
  readOutbox: (run, limit) =>
    statementOn(run, (tables) =>
      tables
        .all<OutboxRow>("outbox")
        .map(([, row]) => row)
        .toSorted(by((row) => row.sequence))
        .slice(0, limit),
    ),
  deleteOutbox: (run, sequences) =>
    statementOn(run, async (tables) => {
      tables.lazy();
      for (const sequence of sequences) await tables.put("outbox", String(sequence), undefined);
    }),
};

/**
 * The journal on a database in memory: for simulations, and the reference of what the operations mean. What people do to
 * dead letters and sagas is not in it.
 */
export const memoryJournal: Journal = {
  ...commands,
  ...outbox,
  ...memoryInbox,
  ...memorySagas,
  ...memoryWorkers,
};
