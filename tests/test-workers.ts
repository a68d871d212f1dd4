import { globSync, readFileSync } from "node:fs";

/** Tests beside what they test. Those of whole systems stand in `test` and `tests`, and have a worker of their own. */
const beside = ["packages/*/src/**/*.test.ts", "examples/*/{services,replay,shapes}/**/*.test.ts"];

/** Words of files that change or measure the process they run in, or start what outlives a test. */
const wantsItsOwn =
  /\bvi\.(?!fn|waitFor|waitUntil)|\bprocess\.|\bglobalThis\b|stackTraceLimit|node:(child_process|worker_threads|inspector|v8|vm)|performance\.|\b(arena|testServer|openServer|attachEmbedded|startUnit|startShop)\(/;

/**
 * Test files that share a worker, one after the other: its start and its modules cost more than most of them take. What
 * another file left behind in the worker they would see, so a file that says any of the words above has one of its own.
 */
export function sharing(root: string): string[] {
  return globSync(beside, { cwd: root, exclude: ["**/node_modules/**"] }).filter(
    (file) => !wantsItsOwn.test(readFileSync(`${root}/${file}`, "utf8")),
  );
}
