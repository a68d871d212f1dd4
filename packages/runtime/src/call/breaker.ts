import { StatusError } from "kerf";
import type { Clock } from "../clock/clock.ts";

/** When a target is left alone for a while. */
export interface BreakerLimits {
  /** Calls of this long decide. */
  readonly windowMs: number;
  /** Fewer calls decide nothing. */
  readonly leastCalls: number;
  /** More failures than this share open it. */
  readonly share: number;
  /** How long it stays open the first time; doubled each time that a trial fails, up to `mostOpenMs`. */
  readonly openMs: number;
  readonly mostOpenMs: number;
  /** Calls that are let through to see whether it works again: all must succeed. */
  readonly trials: number;
}

export const breakerLimits: BreakerLimits = {
  windowMs: 30_000,
  leastCalls: 20,
  share: 0.5,
  openMs: 5_000,
  mostOpenMs: 60_000,
  trials: 3,
};

const SLICES = 30;

type State =
  | { readonly kind: "closed"; readonly window: Window }
  | { readonly kind: "open"; readonly openMs: number; readonly until: number }
  | { readonly kind: "half-open"; readonly openMs: number; begun: number; succeeded: number };

/**
 * A circuit breaker: a target that fails is not asked for a while, so that its callers do not wait for it and it can
 * recover. One per target.
 */
export class Breaker {
  readonly #target: string;
  readonly #clock: Pick<Clock, "now">;
  readonly #limits: BreakerLimits;
  #state: State;

  constructor(target: string, clock: Pick<Clock, "now">, limits: BreakerLimits = breakerLimits) {
    this.#target = target;
    this.#clock = clock;
    this.#limits = limits;
    this.#state = this.#closed();
  }

  get state(): State["kind"] {
    return this.#state.kind;
  }

  /**
   * Runs `work` unless the target is to be left alone. `failed` tells which errors are the target's fault; what is
   * neither a success nor that, such as a call that was cancelled, decides nothing.
   * @throws StatusError UNAVAILABLE with `retryAfterMs`, without having asked; or what `work` throws
   */
  async run<T>(
    work: () => Promise<T>,
    verdict: (error: unknown) => "failed" | "answered" | "none",
  ): Promise<T> {
    const entered = this.#enter();
    try {
      const value = await work();
      this.#count(entered, "answered");
      return value;
    } catch (error) {
      this.#count(entered, verdict(error));
      throw error;
    }
  }

  #enter(): State {
    const now = this.#clock.now();
    const state = this.#state;
    if (state.kind === "closed") return state;
    if (state.kind === "open") {
      if (now < state.until) throw this.#refusal(state.until - now);
      return (this.#state = { kind: "half-open", openMs: state.openMs, begun: 1, succeeded: 0 });
    }
    if (state.begun >= this.#limits.trials) throw this.#refusal(1_000);
    state.begun++;
    return state;
  }

  /** What was begun in an earlier state no longer says anything. */
  #count(entered: State, outcome: "failed" | "answered" | "none"): void {
    if (entered !== this.#state) return;
    const { leastCalls, share, trials, openMs, mostOpenMs } = this.#limits;
    if (entered.kind === "half-open") {
      if (outcome === "none") entered.begun--;
      else if (outcome === "failed") this.#open(Math.min(entered.openMs * 2, mostOpenMs));
      else if (++entered.succeeded === trials) this.#state = this.#closed();
    } else if (entered.kind === "closed" && outcome !== "none") {
      const { calls, failures } = entered.window.add(this.#clock.now(), outcome === "failed");
      if (outcome === "failed" && calls >= leastCalls && failures > calls * share) this.#open(openMs);
    }
  }

  #open(openMs: number): void {
    this.#state = { kind: "open", openMs, until: this.#clock.now() + openMs };
  }

  #closed(): State {
    return { kind: "closed", window: new Window(this.#limits.windowMs) };
  }

  #refusal(retryAfterMs: number): StatusError {
    const text = `${this.#target} failed too often lately and is not asked for ${Math.ceil(retryAfterMs)} ms; nothing was sent`;
    return new StatusError("UNAVAILABLE", text, { retryAfterMs });
  }
}

/** Counts over the last so many milliseconds, a slice at a time. */
class Window {
  readonly #sliceMs: number;
  readonly #calls = new Uint32Array(SLICES);
  readonly #failures = new Uint32Array(SLICES);
  #at = 0;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / SLICES;
  }

  add(now: number, failed: boolean): { readonly calls: number; readonly failures: number } {
    const slice = Math.floor(now / this.#sliceMs);
    // What lies between was not asked in.
    for (let old = Math.max(this.#at + 1, slice - SLICES + 1); old <= slice; old++) {
      this.#calls[old % SLICES] = 0;
      this.#failures[old % SLICES] = 0;
    }
    this.#at = Math.max(this.#at, slice);
    this.#calls[this.#at % SLICES]! += 1;
    if (failed) this.#failures[this.#at % SLICES]! += 1;
    return { calls: sum(this.#calls), failures: sum(this.#failures) };
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
