/** How long to wait between attempts to connect (grpc/doc/connection-backoff.md). */
export interface BackoffOptions {
  /** 1,000 when not given. */
  readonly initialMs?: number;
  /** 120,000 when not given. */
  readonly maxMs?: number;
}

const MULTIPLIER = 1.6;
const JITTER = 0.2;

/** Grows by 1.6 with every failure, give or take a fifth, so that clients do not come back all at once. */
export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  #currentMs: number;

  constructor({ initialMs = 1000, maxMs = 120_000 }: BackoffOptions = {}) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
    this.#currentMs = initialMs;
  }

  next(random: number = Math.random()): number {
    const ms = this.#currentMs * (1 - JITTER + 2 * JITTER * random);
    this.#currentMs = Math.min(this.#currentMs * MULTIPLIER, this.#maxMs);
    return ms;
  }

  reset(): void {
    this.#currentMs = this.#initialMs;
  }
}
