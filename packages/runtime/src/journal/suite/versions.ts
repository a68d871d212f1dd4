import { expect } from "vitest";
import { alpha, beta, commit, saga, type Bench, type Cases } from "./scenario.ts";

/** What replicas of different deployments tell each other. */
export const versions: Cases = {
  "a worker learns what others that live handle": async (bench) => {
    const { journal } = bench;
    const live = (worker: string, leaseMs = 60_000) =>
      commit(bench, (run) => journal.tick(run, worker, worker, leaseMs));
    const heard = (worker: string) => commit(bench, (run) => journal.heardByOthers(run, worker));
    await live(alpha);
    await live(beta);
    await commit(bench, async (run) => {
      await journal.declareHears(run, alpha, ["orders@1.placed"]);
      await journal.declareHears(run, beta, ["orders@1.placed", "orders@1.shipped"]);
    });
    expect(await heard(alpha)).toEqual(new Set(["orders@1.placed", "orders@1.shipped"]));
    expect(await heard(beta)).toEqual(new Set(["orders@1.placed"]));
    await commit(bench, (run) => Promise.resolve(journal.declareHears(run, beta, ["orders@1.refused"])));
    expect(await heard(alpha)).toEqual(new Set(["orders@1.refused"]));
    await commit(bench, (run) => Promise.resolve(journal.releaseWorker(run, beta)));
    expect(await heard(alpha)).toEqual(new Set());
    await live(beta, 1);
    await expect.poll(() => heard(alpha)).toEqual(new Set());
  },

  "mail keeps the version that its event had": async (bench) => {
    const { journal } = bench;
    const mail = { event: "orders@1.placed", data: {} };
    await commit(bench, async (run) => {
      await journal.openSagas(run, undefined, [saga("1")]);
      await journal.deliverMail(run, "checkout", "1", { ...mail, messageId: "a" });
      await journal.deliverMail(run, "checkout", "1", { ...mail, messageId: "b", version: 3 });
    });
    const { items } = await commit(bench, (run) => journal.readMail(run, "checkout", "1"));
    expect(items.map(({ messageId, version }) => [messageId, version])).toEqual([
      ["a", 1],
      ["b", 3],
    ]);
  },

  "versions of sagas are counted while they live, and while they are parked": async (bench: Bench) => {
    const { journal } = bench;
    await commit(bench, (run) =>
      Promise.resolve(
        journal.openSagas(run, alpha, [
          saga("1"),
          saga("2", { version: 2 }),
          saga("3", { version: 2 }),
          saga("4"),
        ]),
      ),
    );
    await commit(bench, (run) =>
      journal.recordSaga(run, alpha, "checkout", "4", [], { state: "done", durable: true }),
    );
    await commit(bench, (run) =>
      journal.recordSaga(run, alpha, "checkout", "3", [], {
        state: "parked",
        durable: true,
        parked: { reason: "no", from: "running" },
      }),
    );
    expect(await commit(bench, (run) => journal.liveSagas(run))).toEqual([
      { name: "checkout", version: 1, instances: 1 },
      { name: "checkout", version: 2, instances: 2 },
    ]);
  },
};
