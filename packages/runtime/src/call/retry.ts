import { DeclaredError, StatusError } from "kerf";
import type { Clock } from "../clock/clock.ts";

/** Google SRE: at most three tries, in one layer only. */
const tries = 3;
const backoffMs = [25, 250] as const;
/** A caller may repeat a tenth of its calls to a target, and three a second besides. */
const budget = { ratio: 0.1, perSecond: 3, windowMs: 10_000 };

/**
 * Limits how much of the load on a target are repetitions, so that a slow target is not drowned by them
 * (Finagle's retry budget). One per caller and target.
 */
export class RetryBudget {
  #tokens = (budget.perSecond * budget.windowMs) / 1000;
  #at = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** Counts a first try. */
  deposit(): void {
    this.#refill(budget.ratio);
  }

  /** Takes leave to repeat; false where the budget is used up. */
  withdraw(): boolean {
    this.#refill(0);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(more: number): void {
    const now = this.#now();
    const most = (budget.perSecond * budget.windowMs) / 1000;
    this.#tokens = Math.min(
      most,
      this.#tokens + more + (Math.max(0, now - this.#at) / 1000) * budget.perSecond,
    );
    this.#at = now;
  }
}

/** Whether another try may help: never after a declared error, nor where the caller is at fault. */
export function retryable(error: unknown): boolean {
  if (error instanceof DeclaredError) return false;
  if (!(error instanceof StatusError)) return false;
  return (
    error.code === "UNAVAILABLE" ||
    error.code === "ABORTED" ||
    (error.code === "RESOURCE_EXHAUSTED" && error.retryAfterMs !== undefined)
  );
}

/** Repeats `attempt` while that may help, there is budget, and the deadline allows. Full jitter. */
export async function withRetries<T>(
  attempt: (retry: boolean) => Promise<T>,
  limits: {
    readonly clock: Clock;
    readonly budget: RetryBudget;
    readonly deadlineAt: number;
    readonly signal: AbortSignal;
  },
): Promise<T> {
  const { clock } = limits;
  limits.budget.deposit();
  for (let n = 1; ; n++) {
    try {
      return await attempt(n > 1);
    } catch (error) {
      if (n >= tries || !retryable(error) || limits.signal.aborted || !limits.budget.withdraw()) throw error;
      const asked = error instanceof StatusError ? (error.retryAfterMs ?? 0) : 0;
      const pause = Math.max(asked, clock.random() * Math.min(backoffMs[1], backoffMs[0] * 2 ** (n - 1)));
      if (clock.now() + pause >= limits.deadlineAt) throw error;
      await clock.sleep(pause, limits.signal).catch(() => {
        throw error;
      });
    }
  }
}
