import type { StepRecord } from "../journal/journal.ts";
import { StatusError } from "kerf";

/** Time limits of sagas; tests shorten them. */
export interface SagaLimits {
  /** One try of a step. */
  readonly tryMs: number;
  /** After this long of tries an unfinished step is given up on, and the saga is undone. */
  readonly stepMs: number;
  /** A compensation that fails for this long is parked for a person. */
  readonly undoMs: number;
  /** A saga that waits longer than this leaves memory. */
  readonly memoryMs: number;
}

export const sagaLimits: SagaLimits = {
  tryMs: 10_000,
  stepMs: 600_000,
  undoMs: 86_400_000,
  memoryMs: 10_000,
};

export const maxSteps = 1_000;
export const maxBytes = 1_048_576;

/** Refusals that another try cannot change: the caller or the code is at fault. */
const hopeless = new Set([
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "PERMISSION_DENIED",
  "FAILED_PRECONDITION",
  "OUT_OF_RANGE",
  "UNAUTHENTICATED",
]);

export function mayTryAgain(error: unknown): boolean {
  return !(error instanceof StatusError && hopeless.has(error.code));
}

/**
 * The pause before the next try, from the time since the first one: half of it, so that it grows by half each time
 * without a counter that a crash would lose. From 50 ms to 5 min, ± 20 %.
 */
export function pauseMs(elapsedMs: number, random: () => number): number {
  return Math.min(Math.max(elapsedMs / 2, 50), 300_000) * (0.8 + 0.4 * random());
}

/** The id of a step's command, or of its undo: another one after each refusal that a person wants tried again. */
export function nextId({ commandId, refusals = 0 }: StepRecord, kind = ""): string {
  return `${commandId}${kind}${refusals > 0 ? `/${refusals}` : ""}`;
}
