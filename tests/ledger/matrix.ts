// The crash matrix: every point in every topology. `npm run crash-matrix -- --help`
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allCases, topologies, type Case } from "./cases.ts";
import { report, summary, type CaseReport } from "./report.ts";
import { runCase } from "./run-case.ts";

const usage = `Kills the units of a ledger at every crash point, and judges what is left.

Usage: npm run crash-matrix -- [options]

  --only NAME      only the points that begin so
  --topology NAME  monolith or split; default: both
  --seed N         of the load; default: 1
  --at-once N      how many cases run at the same time; default: 1
  --keep           keeps the logs of failed cases, and says where
  --json           one JSON document on standard output
  --help

Exit codes: 0 nothing broke, 1 something did or a point was never reached, 2 wrong usage, 130 interrupted.
`;

function refuse(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        topology: { type: "string" },
        seed: { type: "string", default: "1" },
        "at-once": { type: "string", default: "1" },
        keep: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const given = readArguments();
if (given.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const numberOf = (name: "seed" | "at-once"): number =>
  /^[1-9]\d{0,8}$/.test(given[name]) ? Number(given[name]) : refuse(`--${name} takes a number from 1 on`);
const seed = numberOf("seed");
const atOnce = numberOf("at-once");
if (given.topology !== undefined && !topologies.some((name) => name === given.topology))
  refuse(`There is no topology ${given.topology}: it is ${topologies.join(" or ")}.`);
const cases = allCases.filter(
  ({ point, topology }) =>
    (given.only === undefined || point.startsWith(given.only)) &&
    (given.topology === undefined || topology === given.topology),
);
if (cases.length === 0) refuse(`No crash point begins with ${given.only}.`);

const folder = mkdtempSync(join(tmpdir(), "kerf-matrix-"));
// The units end when this process has gone.
process.once("SIGINT", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(130);
});

const queue: Case[] = [...cases];
const reports: CaseReport[] = [];
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) reports.push(await run(next));
  }),
);
const failed = reports.filter((one) => one.problems.length > 0).length;
process.stdout.write(
  given.json
    ? `${JSON.stringify({ seed, ...summary(reports), cases: reports }, null, 2)}\n`
    : report(reports),
);
if (failed > 0 && given.keep) process.stderr.write(`The logs are in ${folder}\n`);
else rmSync(folder, { recursive: true, force: true });
process.exit(failed > 0 ? 1 : 0);

async function run(wanted: Case): Promise<CaseReport> {
  const name = `${wanted.topology} ${wanted.point}`;
  const own = join(folder, name.replace(" ", "-"));
  const done = await runCase({ ...wanted, seed, folder: own }).then(
    (result): CaseReport => ({
      ...wanted,
      ...result,
      problems: [
        ...result.missed.map((point) => `never came to ${point}`),
        ...result.violations.map(({ invariant, what }) => `invariant ${invariant}: ${what}`),
      ],
    }),
    (error: Error): CaseReport => ({ ...wanted, problems: [error.message] }),
  );
  const recovery = done.recoveryMs?.map((ms) => `${ms ?? "-"} ms`).join(", ") ?? "";
  process.stderr.write(
    `${reports.length + 1}/${cases.length} ${name}: ${done.problems.length > 0 ? `FAILED\n  ${done.problems.join("\n  ")}` : `ok, ${recovery}`}\n`,
  );
  return done;
}
