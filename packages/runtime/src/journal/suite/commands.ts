import { expect } from "vitest";
import type { CommandKey } from "../journal.ts";
import { commit, isSettled, open, type Cases } from "./scenario.ts";

const key: CommandKey = { member: "orders@1.place", scope: "edge:ann", id: "1" };

export const commands: Cases = {
  "a command is there once: another insertion is refused as unique": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => Promise.resolve(journal.openCommand(run, key, "h", "open", false)));
    await expect(
      commit(bench, (run) => Promise.resolve(journal.openCommand(run, key, "h", "open", false))),
    ).rejects.toMatchObject({ kind: "unique" });
    for (const other of [{ member: "orders@1.cancel" }, { scope: "billing" }, { id: "2" }])
      await commit(bench, (run) =>
        Promise.resolve(journal.openCommand(run, { ...key, ...other }, "h", "open", false)),
      );
  },

  "an insertion waits for a transaction that is undecided about it, and fails where that commits": async (
    bench,
  ) => {
    const { journal } = bench;
    const first = open(bench);
    await journal.openCommand(first.run, key, "h", "open", false);
    const second = open(bench);
    const waiting = Promise.resolve(journal.openCommand(second.run, key, "h", "open", false));
    waiting.catch(() => {});
    expect(await isSettled(waiting)).toBe(false);
    await first.commit();
    await expect(waiting).rejects.toMatchObject({ kind: "unique" });
    await second.rollback();
  },

  "and succeeds where that is rolled back": async (bench) => {
    const { journal } = bench;
    const first = open(bench);
    await journal.openCommand(first.run, key, "h", "open", false);
    const second = open(bench);
    const waiting = Promise.resolve(journal.openCommand(second.run, key, "h", "open", false));
    expect(await isSettled(waiting)).toBe(false);
    await first.rollback();
    await waiting;
    await second.commit();
  },

  "an outcome is stored once, and read as it was": async (bench) => {
    const { journal } = bench;
    await commit(bench, async (run) => {
      await journal.openCommand(run, key, "h", "open", false);
      expect(await journal.closeCommand(run, key, "ok", { total: 7, lines: [null] })).toBe(true);
      expect(await journal.closeCommand(run, key, "failed", null)).toBe(false);
    });
    const record = { inputHash: "h", state: "ok", outcome: { total: 7, lines: [null] } };
    expect(await commit(bench, (run) => journal.readCommand(run, key))).toEqual(record);
    const none = await commit(bench, (run) => journal.readCommand(run, { ...key, id: "none" }));
    expect(none).toBeUndefined();
  },

  "an intent is locked by who goes on with it": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => Promise.resolve(journal.openCommand(run, key, "h", "intent", false)));
    const first = open(bench);
    expect(await journal.readCommand(first.run, key, true)).toMatchObject({ state: "intent" });
    const second = open(bench);
    const waiting = journal.readCommand(second.run, key, true);
    expect(await isSettled(waiting)).toBe(false);
    await journal.closeCommand(first.run, key, "ok", 1);
    await first.commit();
    expect(await waiting).toMatchObject({ state: "ok", outcome: 1 });
    await second.rollback();
  },

  "what is rolled back was never there": async (bench) => {
    const { journal } = bench;
    const tx = open(bench);
    await journal.openCommand(tx.run, key, "h", "open", false);
    await tx.rollback();
    expect(await commit(bench, (run) => journal.readCommand(run, key))).toBeUndefined();
  },

  "a statement that fails takes the whole transaction with it": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => Promise.resolve(journal.openCommand(run, key, "h", "open", false)));
    const tx = open(bench);
    void Promise.resolve(journal.openCommand(tx.run, { ...key, id: "2" }, "h", "open", false)).catch(
      () => {},
    );
    void Promise.resolve(journal.openCommand(tx.run, key, "h", "open", false)).catch(() => {});
    await expect(tx.commit()).rejects.toMatchObject({ kind: "unique" });
    expect(await commit(bench, (run) => journal.readCommand(run, { ...key, id: "2" }))).toBeUndefined();
  },
};
