import { StatusError } from "kerf";
import type { Clock } from "../clock/clock.ts";

/** Calls that came in without a server: they too are finished before a unit ends. */
export class InFlight {
  readonly #clock: Clock;
  #count = 0;
  #draining: { readonly ended: Promise<void>; readonly end: () => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws StatusError UNAVAILABLE once draining: nothing was done */
  during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#draining)
      return Promise.reject(new StatusError("UNAVAILABLE", "this unit is ending; ask another one"));
    this.#count++;
    const working = started(work);
    // Aside: nobody waits for the counting.
    working.then(this.#left, this.#left);
    return working;
  }

  readonly #left = (): void => {
    this.#count--;
    if (this.#count === 0) this.#draining?.end();
  };

  /** Refuses what comes now, and waits for what is under way, `graceMs` at most. */
  async drain(graceMs: number): Promise<void> {
    let end!: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.#draining ??= { ended, end };
    if (this.#count === 0) return;
    const late = new AbortController();
    await Promise.race([ended, this.#clock.sleep(graceMs, late.signal).catch(() => {})]);
    late.abort();
  }
}

function started<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
