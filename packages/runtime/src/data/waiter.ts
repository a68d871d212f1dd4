import type { Connection } from "./connection.ts";
import { DatabaseError } from "./errors.ts";

export type Access = "read" | "write";

export interface Wait {
  deadlineAt: number;
  signal?: AbortSignal | undefined;
}

/** Somebody who wants a connection, until there is one or it is too late. */
export class Waiter {
  readonly url: string;
  readonly access: Access;
  readonly deadlineAt: number;
  /** Date.now() milliseconds. */
  readonly since = Date.now();
  readonly granted: Promise<Connection>;
  readonly #signal: AbortSignal | undefined;
  readonly #tooLate: (waiter: Waiter, reason: DatabaseError | undefined) => void;
  #settle!: { resolve(connection: Connection): void; reject(error: DatabaseError): void };
  #timer: NodeJS.Timeout | undefined;

  /** `tooLate` is to settle it: with the reason given, or with why nothing became free before the deadline. */
  constructor(
    url: string,
    access: Access,
    { deadlineAt, signal }: Wait,
    tooLate: (waiter: Waiter, reason: DatabaseError | undefined) => void,
  ) {
    this.url = url;
    this.access = access;
    this.deadlineAt = deadlineAt;
    this.#signal = signal;
    this.#tooLate = tooLate;
    this.granted = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  /** Begins to watch the time and the signal. */
  begin(): void {
    this.#timer = setTimeout(() => this.#tooLate(this, undefined), Math.max(0, this.deadlineAt - this.since));
    this.#signal?.addEventListener("abort", this.#abort);
    if (this.#signal?.aborted) this.#abort();
  }

  settle(result: Connection | DatabaseError): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
    if (result instanceof DatabaseError) this.#settle.reject(result);
    else this.#settle.resolve(result);
  }

  readonly #abort = (): void =>
    this.#tooLate(
      this,
      new DatabaseError("aborted", "Aborted while waiting for a connection.", {
        cause: this.#signal?.reason,
      }),
    );
}
