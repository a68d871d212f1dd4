import type { Case } from "./cases.ts";
import type { Repeated } from "./measure.ts";
import type { RunResult } from "./run-case.ts";

/** A case with what came of it; without results where it failed to run. */
export interface CaseReport extends Case, Partial<RunResult> {
  readonly problems: readonly string[];
}

export function summary(reports: readonly CaseReport[]) {
  const recoveries = numbers(reports.flatMap((one) => one.recoveryMs ?? []));
  const starts = numbers(reports.flatMap((one) => one.startMs ?? []));
  const sum = (kind: keyof Repeated): number =>
    reports.reduce((total, one) => total + (one.repeated?.[kind] ?? 0), 0);
  return {
    count: reports.length,
    failed: reports.filter((one) => one.problems.length > 0).length,
    kills: reports.reduce((total, one) => total + (one.recoveryMs?.length ?? 0), 0),
    medianRecoveryMs: recoveries[Math.floor(recoveries.length / 2)],
    worstRecoveryMs: recoveries.at(-1),
    /** How much of that starting a process took. */
    medianStartMs: starts[Math.floor(starts.length / 2)],
    repeated: {
      publications: sum("publications"),
      deliveries: sum("deliveries"),
      commands: sum("commands"),
      bank: sum("bank"),
    },
  };
}

function numbers(list: readonly (number | undefined)[]): number[] {
  return list.filter((ms) => ms !== undefined).toSorted((a, b) => a - b);
}

/** The table that people read. */
export function report(reports: readonly CaseReport[]): string {
  const head =
    "point | topology | result | recovery ms | of that, start ms | sagas ms | published again | delivered again | commands again | bank again";
  const rows = reports.map((one) =>
    [
      one.point,
      one.topology,
      one.problems.length > 0 ? "FAILED" : "ok",
      one.recoveryMs?.map((ms) => ms ?? "-").join(", ") ?? "",
      one.startMs?.map((ms) => ms ?? "-").join(", ") ?? "",
      one.sagasMs ?? "-",
      one.repeated?.publications ?? "",
      one.repeated?.deliveries ?? "",
      one.repeated?.commands ?? "",
      one.repeated?.bank ?? "",
    ].join(" | "),
  );
  const { count, failed, kills, medianRecoveryMs, worstRecoveryMs } = summary(reports);
  return [
    `| ${head} |`,
    `| ${head.replaceAll(/[^|]+/g, "---").replaceAll("|", " | ")} |`,
    ...rows.map((row) => `| ${row} |`),
    "",
    `${count} cases, ${failed} failed; ${kills} kills; recovery: median ${medianRecoveryMs} ms, worst ${worstRecoveryMs} ms`,
    "",
  ].join("\n");
}
