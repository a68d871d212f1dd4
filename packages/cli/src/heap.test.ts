import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** Keeps all that one place in the code makes, over many collections. Gives what V8 concludes of it. */
function conclusions(before: string): string[] {
  const program = `
    ${before}
    const kept = [];
    const make = (i) => ({ i, list: [i, [i]] });
    for (let i = 0; i < 300_000; i++) kept.push(make(i));`;
  // Optimised code counts no more what it makes, and how soon there is any depends on what else the machine does.
  const unoptimised = ["--no-opt", "--no-maglev"];
  const args = ["--trace-pretenuring-statistics", ...unoptimised, "--input-type=module", "-e", program];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect([stderr, status]).toEqual(["", 0]);
  return stdout.split("\n").filter((line) => line.endsWith("=> tenure"));
}

test("nothing that is made is taken to be old, however long what was made like it has lived", () => {
  const heap = JSON.stringify(new URL("./heap.ts", import.meta.url).href);
  expect(conclusions("").length).toBeGreaterThan(0);
  expect(conclusions(`(await import(${heap})).allocateYoung();`)).toEqual([]);
});
