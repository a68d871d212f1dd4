import type { Logger } from "pino";
import type { Counter } from "./window.ts";

/** How long a request may wait for Redis to count it. */
const WAIT_MS = 250;
/** How long Redis is left alone after it failed. */
const PAUSE_MS = 1_000;

/** Whether Redis counts at the moment: shared by all counters, so that an outage costs one wait and two lines of log. */
export class SharedCounting {
  readonly #log: Logger;
  #away = false;
  #nextTryAt = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Counts with `shared`, and while that cannot with `own`: a process's own count is a limit still, where refusing everybody
   * would turn an outage of Redis into one of everything, and admitting everybody would invite making one.
   */
  counter(shared: Counter, own: Counter): Counter {
    return async (caller) => {
      if (this.#away && Date.now() < this.#nextTryAt) return own(caller);
      try {
        const count = await inTime(shared(caller));
        this.#isBack();
        return count;
      } catch (error) {
        this.#isAway(error as Error);
        return own(caller);
      }
    };
  }

  #isAway({ message }: Error): void {
    this.#nextTryAt = Date.now() + PAUSE_MS;
    if (this.#away) return;
    this.#away = true;
    this.#log.warn({ reason: message }, "rate limits cannot be counted in Redis: each gateway counts alone");
  }

  #isBack(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#log.info("rate limits are counted in Redis again");
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${WAIT_MS} ms`)), WAIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
