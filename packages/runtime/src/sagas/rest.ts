import type { Clock } from "../clock/clock.ts";

/** Thrown where a wait is not to go on, because the saga has failed in another branch: never seen by `run`. */
export class Halted extends Error {
  override readonly name = "Halted";
}

interface Resting {
  readonly until: number;
  readonly seenMail: number | undefined;
}

/** A wait for mail looks again this often while another branch keeps the saga in memory. */
const lookAgainMs = 1_000;

/** Lets a saga leave memory when everything that it does is waiting, and only then: other branches must not wait for one that sleeps. */
export class Rest {
  readonly #clock: Clock;
  readonly #memoryMs: number;
  readonly #draining: AbortSignal;
  readonly #leave: (inMs: number, seenMail: number | undefined) => Promise<never>;
  /** What is at work, waits included. */
  #working = 0;
  readonly #resting = new Set<Resting>();
  /** Aborted when anything ends, so that those at rest look whether they are alone now. None while nothing rests. */
  #change: AbortController | undefined;
  #halted = false;

  constructor(
    clock: Clock,
    memoryMs: number,
    draining: AbortSignal,
    leave: (inMs: number, seenMail: number | undefined) => Promise<never>,
  ) {
    this.#clock = clock;
    this.#memoryMs = memoryMs;
    this.#draining = draining;
    this.#leave = leave;
  }

  begin(): void {
    this.#halted = false;
  }

  /** Ends with {@link Halted} every wait that ends with the saga's failure. */
  halt(): void {
    this.#halted = true;
    this.#changed();
  }

  /** Counts `work` as at work until it ends. */
  async at<T>(work: () => Promise<T>): Promise<T> {
    this.#working++;
    try {
      return await work();
    } finally {
      this.#working--;
      this.#changed();
    }
  }

  /**
   * Returns when the time has passed; earlier with `seenMail`, where it could not leave memory. `ends` says that it ends
   * where another branch fails.
   */
  async pause(
    ms: number,
    { ends, seenMail }: { readonly ends: boolean; readonly seenMail?: number | undefined },
  ): Promise<void> {
    const resting: Resting = { until: this.#clock.now() + ms, seenMail };
    const patience = this.#clock.now() + lookAgainMs;
    for (let left = ms; left > 0; left = resting.until - this.#clock.now()) {
      if (this.#halted && ends) throw new Halted();
      if (this.#draining.aborted) return this.#leave(left, seenMail);
      if (left <= this.#memoryMs && seenMail === undefined) {
        await this.#wait(left);
        continue;
      }
      this.#resting.add(resting);
      try {
        // A branch whose step has just ended is about to begin the next.
        await this.#clock.turn();
        if (this.#halted && ends) throw new Halted();
        if (this.#resting.size >= this.#working) return await this.#leaveAll();
        if (seenMail !== undefined && this.#clock.now() >= patience) return;
        await this.#wait(Math.min(left, lookAgainMs));
      } finally {
        this.#resting.delete(resting);
      }
    }
  }

  #leaveAll(): Promise<never> {
    const all = [...this.#resting];
    const seen = all.flatMap((r) => (r.seenMail === undefined ? [] : [r.seenMail]));
    return this.#leave(
      Math.min(...all.map((r) => r.until)) - this.#clock.now(),
      seen.length === 0 ? undefined : Math.min(...seen),
    );
  }

  async #wait(ms: number): Promise<void> {
    this.#change ??= new AbortController();
    const signal = AbortSignal.any([this.#draining, this.#change.signal]);
    await this.#clock.sleep(ms, signal).catch(() => {});
  }

  #changed(): void {
    this.#change?.abort();
    this.#change = undefined;
  }
}
