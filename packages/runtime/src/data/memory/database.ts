import type { Sql } from "kerf";
import type { Clock, Deadline } from "../../clock/clock.ts";
import { DatabaseError } from "../errors.ts";
import type { Run } from "../sql.ts";
import type { Database, Transaction, TransactionOptions } from "../transaction.ts";
import { MemoryConnection } from "./connection.ts";
import { directLink, type MemoryLink } from "./link.ts";
import type { Tables } from "./session.ts";
import type { MemoryStore } from "./store.ts";

export interface MemoryDatabaseOptions {
  readonly clock: Clock;
  readonly link?: MemoryLink;
}

/** How long a rollback waits for its answer. */
const cancelMs = 1_000;

/**
 * A database on a store in memory, as one process sees it. It runs no SQL: statements are functions, given to
 * {@link statementOn}.
 */
export function memoryDatabase(store: MemoryStore, options: MemoryDatabaseOptions): Database {
  return {
    open: (given) => new MemoryTransaction(store, options, given),
    close: async () => {},
  };
}

const transactions = new WeakMap<object, MemoryTransaction>();

/**
 * One statement in the transaction that `handle` (its `run` or `sql`) belongs to. Sent at once, not waited for by the next.
 * @throws DatabaseError
 */
export function statementOn<T>(handle: Run | Sql, work: (tables: Tables) => Promise<T> | T): Promise<T> {
  const transaction = transactions.get(handle);
  if (!transaction) throw new TypeError("this is not a transaction of a database in memory");
  return transaction.statement(work);
}

class MemoryTransaction implements Transaction {
  readonly sql: Sql;
  readonly run: Run;
  readonly #options: TransactionOptions;
  readonly #clock: Clock;
  readonly #connection: MemoryConnection;
  #begun = false;
  #committing = false;
  #ended: DatabaseError | "yes" | undefined;
  #failure: DatabaseError | undefined;
  readonly #running = new Set<Promise<unknown>>();
  readonly #interrupts = new Set<(reason: DatabaseError) => void>();
  #deadline: Deadline | undefined;

  constructor(
    store: MemoryStore,
    { clock, link = directLink }: MemoryDatabaseOptions,
    options: TransactionOptions,
  ) {
    this.#clock = clock;
    this.#options = options;
    const { readOnly = false, deadlineAt } = options;
    this.#connection = new MemoryConnection(store, link, readOnly, deadlineAt - clock.now());
    this.run = ((text: string) => {
      if (text === "select 1") return this.statement(() => [{}]);
      throw new TypeError(`a database in memory runs no SQL: ${text.slice(0, 60)}`);
    }) as Run;
    this.sql = (() => {
      throw new TypeError("a database in memory runs no SQL: use statementOn(sql, …)");
    }) as unknown as Sql;
    transactions.set(this.run, this);
    transactions.set(this.sql, this);
  }

  get begun(): boolean {
    return this.#begun;
  }

  statement<T>(work: (tables: Tables) => Promise<T> | T): Promise<T> {
    const refusal = this.#ended ?? (this.#committing ? "yes" : this.#failure);
    if (refusal) return rejected(refusal === "yes" ? usedAfterEnd() : refusal);
    if (!this.#begun) {
      this.#begin();
      // What `onBegin` sent comes first; it may have been refused already.
      if (this.#failure) return rejected(this.#failure);
    }
    return this.#watched(this.#connection.statement(work));
  }

  #begin(): void {
    this.#begun = true;
    const { deadlineAt, signal, onBegin } = this.#options;
    if (signal?.aborted) this.#failure = this.#aborted();
    else if (deadlineAt <= this.#clock.now()) this.#failure = deadlinePassed();
    if (this.#failure) {
      this.#ended = this.#failure;
      return;
    }
    this.#deadline = this.#clock.deadline(deadlineAt + 50, () => this.#interrupt(deadlinePassed()));
    signal?.addEventListener("abort", this.#onAbort);
    onBegin?.(this.run);
  }

  /** An answer from the server, unless the deadline or the signal comes first. */
  #watched<T>(answer: Promise<T>): Promise<T> {
    const watched = new Promise<T>((resolve, reject) => {
      this.#interrupts.add(reject);
      const done = answer.then(resolve, (error: DatabaseError) => {
        const first = error.sqlstate === "25P02" ? (this.#failure ?? error) : error;
        this.#failure ??= first;
        reject(this.#failure);
      });
      const settled = done.finally(() => {
        this.#running.delete(settled);
        this.#interrupts.delete(reject);
      });
      this.#running.add(settled);
    });
    watched.catch(() => {});
    return watched;
  }

  async commit(): Promise<void> {
    if (this.#ended) throw this.#ended === "yes" ? usedAfterEnd() : this.#ended;
    if (!this.#begun) {
      this.#end("yes");
      return;
    }
    if (this.#failure) {
      await this.rollback();
      throw this.#failure;
    }
    this.#committing = true;
    let committed: boolean;
    try {
      committed = await this.#watched(this.#connection.commit());
    } catch (error) {
      const failure = this.#failure ?? (error as DatabaseError);
      const refused = failure.kind !== "connection-lost" && failure.kind !== "timeout";
      const told = refused
        ? failure
        : new DatabaseError(
            "commit-unknown",
            `Whether the transaction was committed is unknown: ${failure.message}`,
            { cause: failure },
          );
      this.#end(told);
      throw told;
    }
    await Promise.all(this.#running);
    this.#end(this.#failure ?? "yes");
    if (!committed)
      throw (
        this.#failure ??
        new DatabaseError("statement", "the transaction was rolled back instead of committed")
      );
  }

  async rollback(): Promise<void> {
    if (this.#ended) return;
    const used = this.#begun;
    const running = this.#running.size > 0;
    this.#end(this.#failure ?? "yes");
    if (!used || this.#committing) return;
    for (const tell of this.#interrupts) tell(usedAfterEnd());
    if (running) this.#connection.cancel();
    const late = new AbortController();
    const answered = this.#connection.rollback().catch(() => {});
    if (this.#options.readOnly) return;
    await Promise.race([answered, this.#clock.sleep(cancelMs, late.signal).catch(() => {})]);
    late.abort();
  }

  readonly #onAbort = (): void => {
    // A COMMIT cannot be taken back; its reply is bounded by the deadline.
    if (!this.#committing) this.#interrupt(this.#aborted());
  };

  #interrupt(reason: DatabaseError): void {
    if (this.#ended) return;
    this.#failure ??= reason;
    if (!this.#committing) {
      this.#end(reason);
      this.#connection.cancel();
    }
    for (const tell of this.#interrupts) tell(reason);
  }

  #end(how: DatabaseError | "yes"): void {
    this.#ended = how;
    this.#deadline?.forget();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }

  #aborted(): DatabaseError {
    return new DatabaseError("aborted", "The transaction was aborted by its caller.", {
      cause: this.#options.signal?.reason,
    });
  }
}

function rejected(error: DatabaseError): Promise<never> {
  const refused = Promise.reject<never>(error);
  refused.catch(() => {});
  return refused;
}

function deadlinePassed(): DatabaseError {
  return new DatabaseError("timeout", "The deadline of the transaction has passed.");
}

function usedAfterEnd(): DatabaseError {
  return new DatabaseError("statement", "The transaction has ended: a statement was used after it.");
}
