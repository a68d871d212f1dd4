import { expect, test } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { memoryDatabase } from "../data/memory/database.ts";
import { MemoryStore } from "../data/memory/store.ts";
import { memoryJournal as journal } from "../journal/memory.ts";
import { commit, saga } from "../journal/suite/scenario.ts";
import type { ServicePort } from "../service/port.ts";
import { Recorder } from "./recorder.ts";

const worker = "w";
const step = (name: string, state: "started" | "done") => ({
  name,
  member: "stock@1.reserve",
  inputHash: "h",
  commandId: name,
  state,
  output: null,
});

async function recording(draining = new AbortController().signal) {
  const store = new MemoryStore(processClock);
  const bench = { database: memoryDatabase(store, { clock: processClock }), journal };
  await commit(bench, (run) => journal.openSagas(run, worker, [saga("1")]));
  const port = { clock: processClock, storage: bench } as unknown as ServicePort;
  const record = { ...saga("1"), state: "running" as const, error: undefined };
  return { store, bench, recorder: new Recorder({ port, worker, draining }, record, []) };
}

test("what a crashed server forgot of a saga is stored with what comes next", async () => {
  const { store, bench, recorder } = await recording();
  recorder.put(step("reserve", "started"));
  await recorder.commit();
  recorder.put(step("reserve", "done"));
  recorder.put(step("charge", "started"));
  await recorder.commit();
  store.crash((most) => most);
  store.up = true;
  expect(await commit(bench, (run) => journal.readSteps(run, "checkout", "1"))).toEqual([]);
  recorder.put(step("charge", "done"));
  await recorder.commit({ state: "done" });
  expect(await commit(bench, (run) => journal.readSteps(run, "checkout", "1"))).toMatchObject([
    { name: "reserve", state: "done", position: 0 },
    { name: "charge", state: "done", position: 1 },
  ]);
});

test("mail that cannot be read while the process ends leaves the saga to another, and parks nothing", async () => {
  const ending = new AbortController();
  const { store, recorder } = await recording(ending.signal);
  ending.abort();
  store.crash(() => 0);
  await expect(recorder.mail()).rejects.toMatchObject({ name: "Stopped", reason: "lost" });
});
