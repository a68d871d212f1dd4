import { expect, it } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { memoryDatabase } from "../data/memory/database.ts";
import { MemoryStore } from "../data/memory/store.ts";
import { memoryJournal } from "./memory.ts";
import { journalSuite } from "./suite.ts";
import { commit, message } from "./suite/scenario.ts";

journalSuite("memory", async () => ({
  database: memoryDatabase(new MemoryStore(processClock), { clock: processClock }),
  journal: memoryJournal,
  [Symbol.asyncDispose]: async () => {},
}));

it("forgets with a crash what did not wait for the disk, but never a fence", async () => {
  const store = new MemoryStore(processClock);
  const bench = { database: memoryDatabase(store, { clock: processClock }), journal: memoryJournal };
  const { journal } = bench;
  const tick = (worker: string) => commit(bench, (run) => journal.tick(run, worker, worker, 60_000));
  await commit(bench, (run) => Promise.resolve(journal.appendOutbox(run, [message("1")])));
  expect((await tick("a")).relayFence).toBe(1);
  await tick("b");
  await commit(bench, (run) => Promise.resolve(journal.deleteOutbox(run, [1])));
  store.crash((most) => most);
  await expect(tick("a")).rejects.toMatchObject({ kind: "unavailable" });
  store.up = true;
  expect(await commit(bench, (run) => journal.readOutbox(run, 10))).toMatchObject([{ id: "1" }]);
  expect((await tick("b")).relayFence).toBeUndefined();
  await commit(bench, (run) => Promise.resolve(journal.releaseWorker(run, "a")));
  expect((await tick("b")).relayFence).toBe(2);
});
