/** Ctrl-C while `kerf dev` is still starting: nobody is told of a failure, and nothing is left. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyApp, KerfProcess, processesNaming } from "./kerf-process.ts";

let app: ReturnType<typeof copyApp>;
let dev: KerfProcess;
beforeEach(() => {
  app = copyApp();
  dev = new KerfProcess(["dev", "--port", "0", "--topology", "split"], app.folder, { KERF_DATABASE_URL: "" });
});
afterEach(async () => {
  await dev.destroy();
  app.remove();
});

/** PostgreSQL and its keeper: they name the folder of the data, and have an environment of their own. */
const database = () => processesNaming(app.folder).filter((pid) => !dev.descendants().includes(pid));

const runs = (program: string) =>
  processesNaming(app.folder).some((pid) => processesNaming(`/${program}`).includes(pid));

const moments: readonly (readonly [string, () => unknown])[] = [
  ["before it has begun anything", () => dev.descendants().length > 0],
  ["while the keeper of the database begins", () => database().length > 0],
  ["while the files of the database are made", () => runs("initdb")],
  ["while the database begins", () => runs("postgres")],
  ["while its units load", () => dev.descendants().length > 1 && database().length > 0],
  ["when some units are ready", () => dev.out.includes("applied 0001_names.sql")],
];

test.each(moments)("%s", { timeout: 60_000 }, async (_, moment) => {
  await dev.until(() => moment(), 40_000);
  dev.interrupt();
  const { code, signal } = await dev.exited;
  // Until it listens for it, the signal itself ends it; a shell calls that 130 as well.
  expect(signal === "SIGINT" ? 130 : code).toBe(130);
  expect(dev.err).not.toMatch(/error|fail|\n\s+at /i);
  expect(dev.out).not.toMatch(/error|fail|died|\n\s+at /i);
  expect(dev.descendants()).toEqual([]);
  expect(processesNaming(app.folder)).toEqual([]);
});
