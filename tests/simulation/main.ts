import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { mutants } from "./mutants.ts";
import { range, runSeeds } from "./run-seeds.ts";
import { savedSeeds, saveSeed } from "./saved-seeds.ts";
import { simulate } from "./simulate.ts";
import type { Told } from "./worker.ts";

const help = `Simulates the ledger on a world of faults, one seed after another.

  npm run simulate -- [options]

  --seeds <n>      how many (default 1000; 1 with --seed)
  --seed <n>       the first one (default 1); alone, it shows the end of its trace
  --workers <n>    how many at once (default: the cores, at most 8)
  --lines <n>      of the trace that are shown of a failure (default 60)
  --mutant <name>  with something broken on purpose: ${Object.keys(mutants).join(", ")}
  --no-save        does not add failing seeds to tests/simulation/seeds.json
  --json           one JSON object at the end, nothing else
  --help

Saved seeds run first. Exit code 0: no invariant was broken; 1: one was; 2: wrong usage; 130: interrupted.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let given;
  try {
    given = parseArgs({
      allowNegative: true,
      options: {
        seeds: { type: "string" },
        seed: { type: "string" },
        workers: { type: "string" },
        lines: { type: "string", default: "60" },
        mutant: { type: "string" },
        save: { type: "boolean", default: true },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (given.help) {
    process.stdout.write(help);
    return 0;
  }
  const count = whole(given.seeds ?? (given.seed === undefined ? "1000" : "1"));
  const from = whole(given.seed ?? "1");
  const lines = whole(given.lines);
  const workers = whole(given.workers ?? String(Math.min(availableParallelism(), 8)));
  if (count === undefined || from === undefined || lines === undefined || !workers)
    return misuse(
      "--seeds, --seed, --workers and --lines take whole numbers, and there is at least one worker",
    );
  const { mutant, json } = given;
  if (mutant !== undefined && !(mutant in mutants)) return misuse(`there is no mutant "${mutant}"`);
  if (count === 1) return one(from, lines, mutant, json);

  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  process.once("SIGTERM", () => interrupted.abort());
  const saved = mutant === undefined ? savedSeeds().map(({ seed }) => seed) : [];
  const all = saved.length + count;
  let done = 0;
  let shownAt = performance.now();
  const progress = (): void => {
    done += 1;
    const isLast = done === all;
    if (json || !(isLast || performance.now() - shownAt > 5_000)) return;
    shownAt = performance.now();
    process.stderr.write(`${done} of ${all} seeds\n`);
  };
  const summary = await runSeeds({
    seeds: [...saved, ...range(from, count)],
    workers,
    ...(mutant === undefined ? {} : { task: { mutant } }),
    signal: interrupted.signal,
    onTold: (told) => {
      if (told.violations.length > 0 && !json) show(told, lines, mutant);
      if (told.violations.length > 0 && given.save && mutant === undefined)
        saveSeed(told.seed, told.violations[0]!);
      progress();
    },
  });
  const { failed, ms, events, commits, repeats, simulatedMs } = summary;
  if (json) {
    const told = failed.map(({ seed, violations }) => ({ seed, violations }));
    process.stdout.write(`${JSON.stringify({ ...summary, from, failed: told })}\n`);
  } else {
    process.stdout.write(
      `${summary.seeds} seeds in ${(ms / 1000).toFixed(0)} s: ${failed.length} with a broken invariant. ` +
        `${(simulatedMs / 3_600_000).toFixed(1)} hours of simulated time, ${events} events, ${commits} commits, ${repeats} messages published again.\n`,
    );
  }
  return interrupted.signal.aborted ? 130 : failed.length > 0 ? 1 : 0;
}

async function one(seed: number, lines: number, mutant: string | undefined, json: boolean): Promise<number> {
  const ran = await simulate(seed, mutant === undefined ? {} : { mutant: mutants[mutant]! });
  const { violations, hash, events, commits, repeats, simulatedMs } = ran;
  if (json) {
    const told = { seed, violations, hash, events, commits, repeats, simulatedMs };
    process.stdout.write(`${JSON.stringify(told)}\n`);
  } else {
    process.stdout.write(`${ran.tail(lines).join("\n")}\n`);
    for (const violation of violations) process.stdout.write(`broken: ${violation}\n`);
    process.stdout.write(
      `seed ${seed}: ${violations.length} invariants broken, ${events} events in ${(simulatedMs / 1000).toFixed(1)} s of simulated time, trace ${hash}\n`,
    );
  }
  return violations.length > 0 ? 1 : 0;
}

function show({ seed, violations, tail }: Told, lines: number, mutant: string | undefined): void {
  process.stdout.write(
    `\nseed ${seed} broke an invariant\n${(lines > 0 ? tail.slice(-lines) : []).join("\n")}\n`,
  );
  for (const violation of violations) process.stdout.write(`broken: ${violation}\n`);
  process.stdout.write(
    `again: npm run simulate -- --seed ${seed}${mutant === undefined ? "" : ` --mutant "${mutant}"`}\n\n`,
  );
}

function whole(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function misuse(problem: string): number {
  process.stderr.write(`${problem}. See: npm run simulate -- --help\n`);
  return 2;
}
