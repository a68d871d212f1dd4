import { StatusError } from "kerf";
import type { Clock, Deadline } from "../clock/clock.ts";

export interface LiveStreamParts {
  readonly clock: Clock;
  readonly member: string;
  readonly idleMs: number;
  /** Date.now() milliseconds. */
  readonly endsAt: number;
  /** Of who reads. */
  readonly reader: AbortSignal;
  /** Begins the handler; it stops by the signal. */
  readonly begin: (life: AbortSignal) => AsyncIterable<unknown>;
  /** Copies an answer, and throws where it does not fit. */
  readonly check: (answer: unknown) => unknown;
  /** What the reader is told of what the handler threw. */
  readonly told: (error: unknown) => Error;
  /** Of the handler, once it has come to its end: throws what it forgot to throw. */
  readonly finished: () => void;
  /** Called once, whatever ended it. */
  readonly over: () => void;
}

/**
 * One stream that runs. Nothing is made before it is asked for, so a slow reader slows the handler. Leaving, the end of its
 * life and the drain of its unit end it at once for the reader; the handler's `finally` runs as soon as it comes to rest.
 */
export class LiveStream implements AsyncIterableIterator<unknown> {
  readonly #parts: LiveStreamParts;
  readonly #life = new AbortController();
  readonly #end: Deadline;
  #handler: AsyncIterator<unknown> | undefined;
  #idle: Deadline | undefined;
  #waiting: { resolve(result: IteratorResult<unknown>): void; reject(error: unknown): void } | undefined;
  #over = false;
  /** Why it ended, until the reader was told. */
  #reason: unknown;

  constructor(parts: LiveStreamParts) {
    this.#parts = parts;
    const { clock, member, endsAt, reader } = parts;
    this.#end = clock.deadline(endsAt, () => this.end(timeIsOver(member, clock)));
    if (reader.aborted) this.#left();
    else reader.addEventListener("abort", this.#left, { once: true });
  }

  next(): Promise<IteratorResult<unknown>> {
    this.#idle?.forget();
    if (this.#over) return this.#afterwards();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      try {
        this.#handler ??= this.#parts.begin(this.#life.signal)[Symbol.asyncIterator]();
        this.#handler.next().then(this.#answered, this.#failed);
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#close(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends it with what its reader is told. */
  end(reason: unknown): void {
    this.#close(reason);
  }

  readonly #left = (): void => {
    const { reader, member } = this.#parts;
    this.#close(
      reader.reason instanceof StatusError
        ? reader.reason
        : new StatusError("CANCELLED", `the reader of ${member} went away`),
    );
  };

  readonly #answered = ({ done, value }: IteratorResult<unknown>): void => {
    if (this.#over) return;
    try {
      if (done) {
        this.#parts.finished();
        return this.#close(undefined);
      }
      const answer = this.#parts.check(value);
      const { clock, idleMs, member } = this.#parts;
      this.#idle = clock.deadline(clock.now() + idleMs, () => this.end(tooSlow(member, idleMs)));
      this.#take()!.resolve({ done: false, value: answer });
    } catch (error) {
      this.#failed(error);
    }
  };

  readonly #failed = (error: unknown): void => {
    if (!this.#over) this.#close(this.#parts.told(error));
  };

  #close(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#end.forget();
    this.#idle?.forget();
    this.#parts.reader.removeEventListener("abort", this.#left);
    this.#parts.over();
    this.#life.abort(reason ?? new DOMException("the stream is over", "AbortError"));
    this.#handler?.return?.().catch(() => {});
    const waiting = this.#take();
    if (!waiting) this.#reason = reason;
    else if (reason === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(reason);
  }

  #take() {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #afterwards(): Promise<IteratorResult<unknown>> {
    const reason = this.#reason;
    this.#reason = undefined;
    return reason === undefined
      ? Promise.resolve({ done: true, value: undefined })
      : Promise.reject(reason as Error);
  }
}

function timeIsOver(member: string, clock: Clock): StatusError {
  const retryAfterMs = clock.random() * 1_000;
  return new StatusError("UNAVAILABLE", `the time of this stream of ${member} is over: ask again to go on`, {
    retryAfterMs,
  });
}

function tooSlow(member: string, idleMs: number): StatusError {
  return new StatusError(
    "RESOURCE_EXHAUSTED",
    `${member} was ended: its reader took nothing for ${idleMs} ms`,
  );
}
