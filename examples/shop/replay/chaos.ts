import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { bin, config } from "./running-shop.ts";

/** The line with which `kerf chaos --json` ends. */
export interface ChaosSummary {
  readonly seed: number;
  readonly leaseMs: number;
  /** How often each kind of fault was done. */
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that could not be done, because of another one. */
  readonly failed: number;
  /** Messages that came again and were known, by the fault before them. */
  readonly repeated: Readonly<Record<string, number>>;
  /** Of processes that were killed with work in hand: how long until another, or the next, had gone on with all of it. */
  readonly recovery: {
    readonly killed: number;
    readonly holdingWork: number;
    readonly worstMs?: number;
    /** Longer than the lease and 2 s. */
    readonly late: number;
  };
}

export interface Chaos {
  /** Ends it before its time; the shop is healed then. Gives what was done. @throws ChaosFailure */
  end(): Promise<ChaosSummary>;
  /** Rejects with a ChaosFailure when it ends without having done its work. */
  readonly failed: Promise<never>;
}

/** `kerf chaos` could not do its work. */
export class ChaosFailure extends Error {
  override readonly name = "ChaosFailure";
}

export interface ChaosOptions {
  /** The shop's data folder. */
  readonly data: string;
  /** Of `kerf chaos`, with their values. */
  readonly options: readonly string[];
  readonly say: (line: string) => void;
}

/** Longer than any file takes. */
const mostTime = "60m";

/** Breaks a running shop until its time is over or it is ended. The replay audits by itself. */
export function beginChaos({ data, options, say }: ChaosOptions): Chaos {
  const time = options.includes("--for") ? [] : ["--for", mostTime];
  const words = [
    "chaos",
    "--config",
    config,
    "--data",
    data,
    "--audit",
    "none",
    "--json",
    ...time,
    ...options,
  ];
  const child = spawn(process.execPath, [bin, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const wrong: string[] = [];
  let summary: ChaosSummary | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const entry = JSON.parse(line) as { readonly event: string };
    if (entry.event === "summary") summary = entry as unknown as ChaosSummary;
    else say(`chaos: ${textOf(entry)}`);
  });
  createInterface({ input: child.stderr }).on("line", (line) => void wrong.push(line));
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const failure = () => new ChaosFailure(`kerf chaos did not end well:\n${wrong.slice(-10).join("\n")}`);
  const failed = exited.then(() => {
    if (!summary) throw failure();
    return new Promise<never>(() => {});
  });
  failed.catch(() => {});

  return {
    failed,
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
      await exited;
      if (!summary) throw failure();
      return summary;
    },
  };
}

/** A line of the timeline: `{"event":"fault","fault":{"kind":"kill","process":"back"},"done":{"ms":900}}`. */
function textOf(entry: { readonly event: string }): string {
  const { event, ms: _, ...rest } = entry as { event: string; ms?: number } & Record<string, unknown>;
  return `${event} ${JSON.stringify(rest)}`;
}
