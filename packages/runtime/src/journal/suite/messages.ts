import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { commit, isSettled, message, open, type Cases } from "./scenario.ts";

const channel = "orders@1";
const worker = randomUUID();
const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id);

export const messages: Cases = {
  "the outbox holds what is committed, in order, until it is deleted": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) =>
      Promise.resolve(journal.appendOutbox(run, [message("1"), message("2", "other")])),
    );
    const lost = open(bench);
    await journal.appendOutbox(lost.run, [message("3")]);
    await lost.rollback();
    await commit(bench, (run) => Promise.resolve(journal.appendOutbox(run, [message("4")])));
    const unsent = await commit(bench, (run) => journal.readOutbox(run, 10));
    expect(ids(unsent)).toEqual(["1", "2", "4"]);
    expect(unsent[0]).toMatchObject(message("1"));
    expect(ids(await commit(bench, (run) => journal.readOutbox(run, 2)))).toEqual(["1", "2"]);
    await commit(bench, (run) =>
      Promise.resolve(
        journal.deleteOutbox(
          run,
          unsent.slice(0, 2).map((m) => m.sequence),
        ),
      ),
    );
    expect(ids(await commit(bench, (run) => journal.readOutbox(run, 10)))).toEqual(["4"]);
  },

  "sequences follow commit order within a key: a second writer waits for the first": async (bench) => {
    const { journal } = bench;
    const first = open(bench);
    await journal.appendOutbox(first.run, [message("first")]);
    const second = open(bench);
    const waiting = Promise.resolve(journal.appendOutbox(second.run, [message("second")]));
    expect(await isSettled(waiting)).toBe(false);
    await first.commit();
    await waiting;
    await second.commit();
    expect(ids(await commit(bench, (run) => journal.readOutbox(run, 10)))).toEqual(["first", "second"]);
  },

  "a message is handled once by each consumer": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => Promise.resolve(journal.openInbox(run, "orders@1.placed", "m")));
    await expect(
      commit(bench, (run) => Promise.resolve(journal.openInbox(run, "orders@1.placed", "m"))),
    ).rejects.toMatchObject({ kind: "unique" });
    await commit(bench, (run) => Promise.resolve(journal.openInbox(run, "orders@1.paid", "m")));
  },

  "a parked message blocks its key, and only its key": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => Promise.resolve(journal.park(run, [message("1", "a")], "no", 0, true)));
    expect(await commit(bench, (run) => journal.blockedKeys(run, channel))).toEqual(new Set(["a"]));
    expect(await commit(bench, (run) => journal.blockedKeys(run, "stock@1"))).toEqual(new Set());
  },

  "only the first of each key is claimed, when its time has come, and by one": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) =>
      Promise.resolve(journal.park(run, [message("1", "a"), message("2", "a")], "no", 0, true)),
    );
    await commit(bench, (run) => Promise.resolve(journal.park(run, [message("3", "b")], "no", 60_000, true)));
    const claimed = await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000));
    expect(ids(claimed)).toEqual(["1"]);
    expect(claimed[0]).toMatchObject({ ...message("1", "a"), attempts: 1 });
    expect(await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000))).toEqual([]);
    await commit(bench, (run) => Promise.resolve(journal.unclaimParked(run, worker, claimed[0]!.parkedId)));
    expect(ids(await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000)))).toEqual(["1"]);
    await commit(bench, (run) => Promise.resolve(journal.unpark(run, worker, claimed[0]!.parkedId)));
    const next = await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000));
    expect(next).toMatchObject([{ id: "2", attempts: 0, failingForMs: 0 }]);
  },

  "what a worker that died had claimed is shown at once": async (bench) => {
    const { journal } = bench;
    const [dying, next] = [randomUUID(), randomUUID()];
    const replica = `replica ${dying}`;
    await commit(bench, (run) => journal.tick(run, dying, replica, 60_000));
    await commit(bench, (run) =>
      Promise.resolve(journal.park(run, [message("1", "a"), message("2", "b")], "no", 0, true)),
    );
    const mine = await commit(bench, (run) => journal.claimParked(run, dying, 10, 60_000));
    expect(ids(mine)).toEqual(["1", "2"]);
    const other = await commit(bench, (run) => journal.claimParked(run, next, 10, 60_000));
    expect(other).toEqual([]);
    await commit(bench, (run) =>
      Promise.resolve(journal.postpone(run, dying, mine[0]!.parkedId, "again", 60_000)),
    );
    // A new process under the same name: the one before is dead.
    await commit(bench, (run) => journal.tick(run, next, replica, 60_000));
    expect(ids(await commit(bench, (run) => journal.claimParked(run, next, 10, 60_000)))).toEqual(["2"]);
  },

  "who has lost its claim decides nothing any more": async (bench) => {
    const { journal } = bench;
    const [late, next] = [randomUUID(), randomUUID()];
    const replica = `replica ${late}`;
    await commit(bench, (run) => journal.tick(run, late, replica, 60_000));
    await commit(bench, (run) => Promise.resolve(journal.park(run, [message("1", "a")], "no", 0, true)));
    const [mine] = await commit(bench, (run) => journal.claimParked(run, late, 10, 60_000));
    await commit(bench, (run) => journal.tick(run, next, replica, 60_000));
    expect(ids(await commit(bench, (run) => journal.claimParked(run, next, 10, 60_000)))).toEqual(["1"]);
    const { parkedId } = mine!;
    await commit(bench, (run) => Promise.resolve(journal.bury(run, late, parkedId, "over", "cause")));
    await commit(bench, (run) => Promise.resolve(journal.postpone(run, late, parkedId, "again", 0)));
    await commit(bench, (run) => Promise.resolve(journal.unclaimParked(run, late, parkedId)));
    await expect(
      commit(bench, (run) => Promise.resolve(journal.unpark(run, late, parkedId))),
    ).rejects.toThrow();
    expect(await commit(bench, (run) => journal.claimParked(run, next, 10, 60_000))).toEqual([]);
    expect(await commit(bench, (run) => journal.backlog(run))).toMatchObject({ retries: 1, deadLetters: 0 });
    await commit(bench, (run) => Promise.resolve(journal.unpark(run, next, parkedId)));
    expect(await commit(bench, (run) => journal.backlog(run))).toMatchObject({ retries: 0 });
  },

  "a message that is claimed by a transaction that is open is left alone": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => Promise.resolve(journal.park(run, [message("1")], "no", 0, true)));
    const tx = open(bench);
    expect(ids(await journal.claimParked(tx.run, worker, 10, 60_000))).toEqual(["1"]);
    expect(await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000))).toEqual([]);
    await tx.rollback();
    expect(ids(await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000)))).toEqual(["1"]);
  },

  "a message that was put aside is known, also when it is a dead letter": async (bench) => {
    const { journal } = bench;
    const known = (): Promise<ReadonlySet<string>> =>
      commit(bench, (run) => journal.parkedIds(run, channel, ["1", "2", "none"]));
    await commit(bench, (run) =>
      Promise.resolve(journal.park(run, [message("1"), message("2")], "no", 0, true)),
    );
    await commit(bench, (run) =>
      Promise.resolve(journal.park(run, [message("none", "k", "stock@1")], "no", 0, true)),
    );
    expect(await known()).toEqual(new Set(["1", "2"]));
    const [claimed] = await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000));
    await commit(bench, (run) =>
      Promise.resolve(journal.bury(run, worker, claimed!.parkedId, "over", "cause")),
    );
    expect(await known()).toEqual(new Set(["1", "2"]));
  },

  "a message is parked once, counts its tries, and lets its key go on when it is buried": async (bench) => {
    const { journal } = bench;
    for (let i = 0; i < 2; i++)
      await commit(bench, (run) => Promise.resolve(journal.park(run, [message("1")], "no", 0, true)));
    const [claimed] = await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000));
    await commit(bench, (run) =>
      Promise.resolve(journal.postpone(run, worker, claimed!.parkedId, "again", 0)),
    );
    const again = await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000));
    expect(again).toMatchObject([{ id: "1", attempts: 2 }]);
    expect(await commit(bench, (run) => journal.backlog(run))).toMatchObject({ retries: 1, deadLetters: 0 });
    await commit(bench, (run) =>
      Promise.resolve(journal.bury(run, worker, claimed!.parkedId, "over", "cause")),
    );
    expect(await commit(bench, (run) => journal.blockedKeys(run, channel))).toEqual(new Set());
    expect(await commit(bench, (run) => journal.claimParked(run, worker, 10, 60_000))).toEqual([]);
    expect(await commit(bench, (run) => journal.backlog(run))).toMatchObject({ retries: 0, deadLetters: 1 });
  },
};
