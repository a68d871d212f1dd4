import { FAULTS, type Done, type Fault, type FaultKind } from "../dev/control/protocol.ts";
import type { Output } from "../output.ts";
import type { AuditEntry } from "./audit.ts";
import { doneWords, seconds, wordsOf } from "./words.ts";

/** How a run went: what `--json` prints last. Times in ms. */
export interface Summary {
  readonly seed: number;
  readonly leaseMs: number;
  /** How often each kind was done. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Faults that could not be done, because of another one, say. */
  readonly failed: number;
  /** Messages that came again and were known, by the fault before them. */
  readonly repeated: Readonly<Partial<Record<FaultKind, number>>>;
  /** Of processes that were killed with work in hand: the longest until nothing of that waited any more. */
  readonly recovery: {
    readonly killed: number;
    readonly holdingWork: number;
    readonly worstMs: number | undefined;
    /** Took more than the lease and 2 s. */
    readonly late: number;
  };
  /** Undefined where none was asked for, or it was interrupted. */
  readonly ok: boolean | undefined;
}

/** Says what happens, as it happens. */
export interface Timeline {
  begin(facts: Readonly<Record<string, unknown>>, text: string): void;
  fault(fault: Fault, done: Done): void;
  failed(fault: Fault, why: string): void;
  healed(ms: number): void;
  audited(entry: AuditEntry): void;
  summary(
    seed: number,
    leaseMs: number,
    repeated: Summary["repeated"],
    audit: readonly AuditEntry[] | undefined,
  ): void;
}

/** A unit has its lease, and what takes over two seconds more. */
export const RECOVERY_SPARE_MS = 2_000;

export function timelineOn(output: Output): Timeline {
  const since = performance.now();
  const faults: Partial<Record<FaultKind, number>> = {};
  const kills: Done[] = [];
  let failures = 0;

  function say(event: string, fields: object, text: string, style?: "red" | "green" | "dim"): void {
    const ms = Math.round(performance.now() - since);
    if (output.json) return output.line(JSON.stringify({ ms, event, ...fields }));
    output.line(
      `${output.paint("dim", seconds(ms).padStart(9))}  ${style ? output.paint(style, text) : text}`,
    );
  }

  return {
    begin: (facts, text) => say("begin", facts, text),
    fault(fault, done) {
      faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
      if (fault.kind === "kill") kills.push(done);
      const [kind, what] = wordsOf(fault);
      const came = doneWords(fault, done);
      say("fault", { fault, done }, `${kind.padEnd(10)}${what}${came && `: ${came}`}`);
    },
    failed(fault, why) {
      failures++;
      const [kind, what] = wordsOf(fault);
      say("failed", { fault, why }, `${kind.padEnd(10)}${what}: not done: ${why}`, "dim");
    },
    healed: (took) => say("healed", { tookMs: took }, `everything is healed, after ${seconds(took)}`),
    audited: (entry) =>
      say(
        "audit",
        entry,
        `${entry.ok ? "ok  " : "FAIL"}  ${entry.name}: ${entry.detail}`,
        entry.ok ? "green" : "red",
      ),
    summary(seed, leaseMs, repeated, audit) {
      const holding = kills.filter(({ held }) => held && held.outbox + held.deliveries + held.sagas > 0);
      const late = holding.filter(
        ({ recoveredMs }) => recoveredMs === undefined || recoveredMs > leaseMs + RECOVERY_SPARE_MS,
      );
      const times = holding.flatMap(({ recoveredMs }) => (recoveredMs === undefined ? [] : [recoveredMs]));
      const summary: Summary = {
        seed,
        leaseMs,
        faults,
        failed: failures,
        repeated,
        recovery: {
          killed: kills.length,
          holdingWork: holding.length,
          worstMs: times.length > 0 ? Math.max(...times) : undefined,
          late: late.length,
        },
        ok: audit?.every(({ ok }) => ok),
      };
      say("summary", summary, textOf(summary), summary.ok === false ? "red" : undefined);
    },
  };
}

function textOf({ seed, leaseMs, faults, failed, repeated, recovery, ok }: Summary): string {
  const counts = (of: Readonly<Partial<Record<FaultKind, number>>>) =>
    FAULTS.flatMap((kind) => (of[kind] ? [`${kind} ${of[kind]}`] : [])).join(", ") || "none";
  const { killed, holdingWork, worstMs, late } = recovery;
  const back =
    worstMs === undefined
      ? `${holdingWork} of ${killed} that were killed held work`
      : `${holdingWork} of ${killed} that were killed held work; all of it went on within ${seconds(worstMs)} (lease ${seconds(leaseMs)})` +
        (late > 0 ? `, ${late} late` : "");
  const verdict = ok === undefined ? "Not audited." : ok ? "Everything holds." : "Something does NOT hold.";
  return [
    `seed ${seed}; faults: ${counts(faults)}${failed > 0 ? `; not done: ${failed}` : ""}`,
    `messages that came again and were known: ${counts(repeated)}`,
    `recovery: ${back}`,
    verdict,
  ].join("\n           ");
}
