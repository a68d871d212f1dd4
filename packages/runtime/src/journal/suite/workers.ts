import { expect } from "vitest";
import type { Tick } from "../journal.ts";
import { alpha, beta, commit, message, open, saga, type Bench, type Cases } from "./scenario.ts";

const tick = (bench: Bench, worker: string, leaseMs = 60_000, replica: string = worker): Promise<Tick> =>
  commit(bench, (run) => bench.journal.tick(run, worker, replica, leaseMs));

export const workers: Cases = {
  "one worker has the relay's lease, and its fence stays while it lives": async (bench) => {
    expect(await tick(bench, alpha)).toMatchObject({ relayFence: 1, unsent: false, slotsDue: [] });
    expect((await tick(bench, beta)).relayFence).toBeUndefined();
    expect((await tick(bench, alpha)).relayFence).toBe(1);
  },

  "a lease that was given back, ran out, or was its predecessor's goes on under a higher fence": async (
    bench,
  ) => {
    const { journal } = bench;
    await tick(bench, alpha);
    await commit(bench, (run) => Promise.resolve(journal.releaseWorker(run, alpha)));
    expect((await tick(bench, beta, 1)).relayFence).toBe(2);
    await expect.poll(async () => (await tick(bench, alpha, 60_000, "r")).relayFence).toBe(3);
    expect((await tick(bench, beta, 60_000, "r")).relayFence).toBe(4);
  },

  "a tick tells the owner what there is to do": async (bench) => {
    const { journal } = bench;
    await tick(bench, alpha);
    await tick(bench, beta);
    await commit(bench, async (run) => {
      await journal.appendOutbox(run, [message("1")]);
      await journal.park(run, [message("2")], "no", 0, true);
      await journal.openSagas(run, undefined, [saga("1")]);
    });
    expect(await tick(bench, alpha)).toMatchObject({ unsent: true, parkedDue: true, sagasDue: true });
    expect(await tick(bench, beta)).toMatchObject({ unsent: false, parkedDue: true, sagasDue: true });
  },

  "it says when there will be more to do": async (bench) => {
    const { journal } = bench;
    expect((await tick(bench, alpha)).nextInMs).toBeUndefined();
    await commit(bench, (run) => Promise.resolve(journal.park(run, [message("1")], "no", 60_000, true)));
    const { nextInMs, parkedDue } = await tick(bench, alpha);
    expect(parkedDue).toBe(false);
    expect(nextInMs).toBeGreaterThan(50_000);
    expect(nextInMs).toBeLessThanOrEqual(60_000);
  },

  "a slot is taken by one, and missed ones collapse": async (bench) => {
    const { journal } = bench;
    const declare = (everyMs: number) =>
      commit(bench, (run) => Promise.resolve(journal.declareSlots(run, [{ name: "sweep", everyMs }])));
    await declare(60_000);
    expect((await tick(bench, alpha)).slotsDue).toEqual([]);
    await declare(1);
    await expect.poll(async () => (await tick(bench, alpha)).slotsDue).toHaveLength(1);
    const [slot] = (await tick(bench, alpha)).slotsDue;
    await declare(60_000);
    const first = open(bench);
    expect(await journal.openSlot(first.run, slot!)).toBe(true);
    expect(await commit(bench, (run) => journal.openSlot(run, slot!))).toBe(false);
    await first.commit();
    expect(await commit(bench, (run) => journal.openSlot(run, slot!))).toBe(false);
    expect((await tick(bench, alpha)).slotsDue).toEqual([]);
  },

  "the backlog counts what is unfinished, and trimming leaves it alone": async (bench) => {
    const { journal } = bench;
    await commit(bench, async (run) => {
      await journal.appendOutbox(run, [message("1")]);
      await journal.park(run, [message("2")], "no", 0, true);
      await journal.openSagas(run, undefined, [saga("1")]);
      await journal.openInbox(run, "c", "m");
    });
    const backlog = { outbox: 1, retries: 1, deadLetters: 0, sagas: 1, parkedSagas: 0, mail: 0 };
    const retention = { handledMs: 60_000, sagaCommandsMs: 60_000, actionsMs: 60_000 };
    expect(await commit(bench, (run) => journal.trim(run, 100, retention))).toBe(true);
    expect(await commit(bench, (run) => journal.backlog(run))).toMatchObject(backlog);
    await expect(
      commit(bench, (run) => Promise.resolve(journal.openInbox(run, "c", "m"))),
    ).rejects.toMatchObject({ kind: "unique" });
  },

  "what is old enough is trimmed, a limited number at a time": async (bench) => {
    const { journal } = bench;
    await commit(bench, async (run) => {
      for (const id of ["1", "2", "3"]) await journal.openInbox(run, "c", id);
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const retention = { handledMs: 1, sagaCommandsMs: 1, actionsMs: 1 };
    expect(await commit(bench, (run) => journal.trim(run, 2, retention))).toBe(false);
    expect(await commit(bench, (run) => journal.trim(run, 2, retention))).toBe(true);
    await commit(bench, (run) => Promise.resolve(journal.openInbox(run, "c", "1")));
  },
};
