import { expect } from "vitest";
import type { Claimable, SagaRecord, StepRecord } from "../journal.ts";
import { alpha, beta, commit, open, saga, type Bench, type Cases } from "./scenario.ts";

const known = [{ name: "checkout", version: 1 }];
const claimable: Claimable = { limit: 10, inMemory: [], known };
const running = { state: "running", durable: true } as const;

const step = (name: string, position: number, more: Partial<StepRecord> = {}): StepRecord => ({
  position,
  name,
  member: "stock@1.reserve",
  inputHash: "h",
  commandId: `c-${name}`,
  state: "started",
  output: null,
  at: 0,
  ...more,
});

const claim = (bench: Bench, worker: string, which = claimable): Promise<readonly SagaRecord[]> =>
  commit(bench, (run) => bench.journal.claimSagas(run, worker, which));
const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id).toSorted();
const live = (bench: Bench, ...workers: string[]): Promise<unknown> =>
  Promise.all(workers.map((w) => commit(bench, (run) => bench.journal.tick(run, w, w, 60_000))));

export const sagas: Cases = {
  "a saga starts once; another input under its id is refused": async (bench) => {
    const { journal } = bench;
    const first = await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1"), saga("2")]));
    expect(ids(first)).toEqual(["1", "2"]);
    expect(await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1")]))).toEqual([]);
    await expect(
      commit(bench, (run) => journal.openSagas(run, alpha, [saga("1", { inputHash: "b" })])),
    ).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  },

  "it belongs to a worker while that lives, and then to who claims it first": async (bench) => {
    const { journal } = bench;
    await live(bench, alpha, beta);
    await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1")]));
    expect(await claim(bench, beta)).toEqual([]);
    expect(await claim(bench, alpha, { ...claimable, inMemory: ["checkout 1"] })).toEqual([]);
    expect(ids(await claim(bench, alpha))).toEqual(["1"]);
    await commit(bench, (run) => Promise.resolve(journal.releaseWorker(run, alpha)));
    const [claimed] = await claim(bench, beta);
    expect(claimed).toEqual({ ...saga("1"), state: "running", error: undefined });
    await live(bench, alpha);
    expect(await claim(bench, alpha)).toEqual([]);
    const owned = (worker: string) =>
      commit(bench, async (run) => (await journal.tick(run, worker, worker, 60_000)).ownSagas);
    expect([await owned(alpha), await owned(beta)]).toEqual([0, 1]);
  },

  "one that is newer than the deployment, or unknown to it, is left alone": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) =>
      journal.openSagas(run, undefined, [saga("1"), saga("2", { version: 2 }), saga("3", { name: "other" })]),
    );
    expect(ids(await claim(bench, alpha))).toEqual(["1"]);
  },

  "what another claims in an open transaction is passed over": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => journal.openSagas(run, undefined, [saga("1")]));
    const tx = open(bench);
    expect(ids(await journal.claimSagas(tx.run, alpha, claimable))).toEqual(["1"]);
    expect(await claim(bench, beta)).toEqual([]);
    await tx.rollback();
  },

  "steps are kept with the progress, and changed in place": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1")]));
    const record = (steps: StepRecord[]) =>
      commit(bench, (run) => journal.recordSaga(run, alpha, "checkout", "1", steps, running));
    expect(await record([step("a", 0)])).toBe("kept");
    expect(await record([step("a", 0, { state: "done", output: { n: 1 } }), step("b", 1)])).toBe("kept");
    const steps = await commit(bench, (run) => journal.readSteps(run, "checkout", "1"));
    expect(steps).toMatchObject([
      { name: "a", state: "done", output: { n: 1 }, commandId: "c-a" },
      { name: "b", state: "started", output: null },
    ]);
    expect(Math.abs(steps[0]!.at - Date.now())).toBeLessThan(60_000);
  },

  "who lost it writes nothing of it": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1")]));
    expect(ids(await claim(bench, beta))).toEqual(["1"]);
    const written = await commit(bench, (run) =>
      journal.recordSaga(run, alpha, "checkout", "1", [step("a", 0)], { ...running, state: "done" }),
    );
    expect(written).toBe("lost");
    expect(await commit(bench, (run) => journal.readSteps(run, "checkout", "1"))).toEqual([]);
    expect(await commit(bench, (run) => journal.backlog(run))).toMatchObject({ sagas: 1 });
  },

  "one that leaves memory comes back when its time has come; one that ended does not": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1"), saga("2"), saga("3")]));
    const record = (id: string, progress: object) =>
      commit(bench, (run) => journal.recordSaga(run, alpha, "checkout", id, [], { ...running, ...progress }));
    expect(await record("1", { resumeInMs: 60_000 })).toBe("kept");
    expect(await record("2", { resumeInMs: 0 })).toBe("due");
    await record("3", { state: "done" });
    expect(ids(await claim(bench, beta))).toEqual(["2"]);
    const tick = await commit(bench, (run) => journal.tick(run, beta, "r", 60_000));
    expect(tick.sagasDue).toBe(false);
    expect(tick.nextInMs).toBeGreaterThan(50_000);
    expect(tick.nextInMs).toBeLessThanOrEqual(60_000);
  },

  "an error and the state of being undone come back with it": async (bench) => {
    const { journal } = bench;
    const error = { code: "Broken", message: "no", member: "stock@1.reserve", data: { n: 1 } };
    await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1")]));
    await commit(bench, (run) =>
      journal.recordSaga(run, alpha, "checkout", "1", [], {
        state: "undoing",
        durable: true,
        error,
        resumeInMs: 0,
      }),
    );
    expect(await claim(bench, beta)).toMatchObject([{ state: "undoing", error }]);
  },

  "mail wakes it, is kept once and in order, and is dropped where nothing runs": async (bench) => {
    const { journal } = bench;
    await commit(bench, (run) => journal.openSagas(run, alpha, [saga("1")]));
    await commit(bench, (run) =>
      journal.recordSaga(run, alpha, "checkout", "1", [], { ...running, resumeInMs: 60_000, seenMail: 0 }),
    );
    for (const [id, messageId] of [
      ["1", "m1"],
      ["1", "m2"],
      ["none", "m3"],
    ] as const)
      await commit(bench, (run) =>
        Promise.resolve(journal.deliverMail(run, "checkout", id, { event: "e", messageId, data: { id } })),
      );
    expect(ids(await claim(bench, beta))).toEqual(["1"]);
    const mail = await commit(bench, (run) => journal.readMail(run, "checkout", "1"));
    expect(mail.seen).toBe(2);
    expect(mail.items.map((item) => item.messageId)).toEqual(["m1", "m2"]);
    // More came than was seen: it goes on at once.
    const written = await commit(bench, (run) =>
      journal.recordSaga(run, beta, "checkout", "1", [], { ...running, resumeInMs: 60_000, seenMail: 1 }),
    );
    expect(written).toBe("due");
  },
};
