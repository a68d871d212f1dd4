import { beginText, GRACE_MS } from "./begin.ts";
import type { Access, Budget, Lease } from "./budget.ts";
import type { Connection, Reply } from "./connection.ts";
import type { Transaction, TransactionOptions } from "./database.ts";
import { DatabaseError, deadlinePassed, isServerError, usedAfterEnd } from "./errors.ts";
import type { Sql } from "kerf";
import { encodeAll } from "./parameters.ts";
import { sqlOn, type Run } from "./sql.ts";
import { within } from "./within.ts";

export type { Database, Run, Transaction, TransactionOptions } from "./database.ts";

/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_MS = 1_000;

type State =
  | { at: "fresh" }
  | { at: "acquiring"; ready: Promise<unknown> }
  | { at: "open"; lease: Lease }
  | { at: "ended"; reason: DatabaseError | undefined };

type Job = (connection: Connection) => void;

export function openTransaction(budget: Budget, url: string, options: TransactionOptions): Transaction {
  return new LazyTransaction(budget, url, options);
}

class LazyTransaction implements Transaction {
  readonly sql: Sql;
  readonly run: Run;
  readonly #budget: Budget;
  readonly #url: string;
  readonly #options: TransactionOptions;
  #state: State = { at: "fresh" };
  #begun = false;
  /** Asked for while the connection is awaited. */
  #jobs: Job[] = [];
  readonly #running = new Set<Promise<unknown>>();
  /** Rejects what is waited for when the deadline or the signal comes before the reply. */
  readonly #interrupts = new Set<(reason: DatabaseError) => void>();
  #failure: DatabaseError | undefined;
  /** Resolves when BEGIN is answered, or never will be. */
  #began: Promise<unknown> | undefined;
  #committing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(budget: Budget, url: string, options: TransactionOptions) {
    this.#budget = budget;
    this.#url = url;
    this.#options = options;
    this.run = this.#run.bind(this) as Run;
    this.sql = sqlOn(this.run, (error) => this.#refuse(error));
  }

  get begun(): boolean {
    return this.#begun;
  }

  #run(text: string, parameters: readonly unknown[] = []): Promise<unknown[]> {
    let encoded: (string | null)[];
    try {
      encoded = encodeAll(parameters);
    } catch (error) {
      return this.#refuse(error as DatabaseError);
    }
    if (this.#state.at === "ended") return rejected(this.#state.reason ?? usedAfterEnd());
    if (this.#committing) return rejected(usedAfterEnd());
    if (this.#failure) return rejected(this.#failure);
    if (this.#state.at === "fresh") this.#begin();
    const rows = this.#enqueue((connection) => connection.query(text, encoded)).then((reply) => reply.rows);
    // A caller that throws before it waits must not end the process; `commit` reports the failure anyway.
    const { onStatement } = this.#options;
    if (onStatement) onStatement(text, rows);
    else rows.catch(() => {});
    return rows;
  }

  /** A statement that cannot be sent fails the transaction like one that PostgreSQL refuses. */
  #refuse(error: DatabaseError): Promise<never> {
    this.#begun = true;
    this.#failure ??= error;
    return rejected(error);
  }

  #enqueue(send: (connection: Connection) => Promise<Reply>): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      const interrupt = (reason: DatabaseError): void => reject(reason);
      this.#interrupts.add(interrupt);
      const job: Job = (connection) => {
        const running = send(connection).then(resolve, (error: DatabaseError) => {
          // Those behind a failed statement are refused on its account.
          const first = error.sqlstate === "25P02" ? (this.#failure ?? error) : error;
          this.#failure ??= this.#atDeadline(first);
          reject(this.#failure);
        });
        const done = running.finally(() => {
          this.#running.delete(done);
          this.#interrupts.delete(interrupt);
        });
        this.#running.add(done);
      };
      if (this.#state.at === "open") job(this.#state.lease.connection);
      else this.#jobs.push(job);
    });
  }

  #begin(): void {
    this.#begun = true;
    const { deadlineAt, signal, readOnly } = this.#options;
    const refusal = signal?.aborted
      ? this.#aborted()
      : deadlineAt <= Date.now()
        ? deadlinePassed()
        : undefined;
    if (refusal) {
      // After this the statement that began is enqueued, and must be told.
      this.#state = { at: "acquiring", ready: Promise.resolve().then(() => this.#end(refusal)) };
      return;
    }
    const access: Access = readOnly ? "read" : "write";
    const lease = this.#budget.tryAcquire(this.#url, access);
    if (lease) return this.#opened(lease);
    const ready = this.#budget.acquire(this.#url, access, { deadlineAt, signal }).then(
      (late) => {
        if (this.#state.at === "acquiring") this.#opened(late);
        else late.release(true);
      },
      (error: DatabaseError) => this.#end(error),
    );
    this.#state = { at: "acquiring", ready };
  }

  #opened(lease: Lease): void {
    this.#state = { at: "open", lease };
    const { deadlineAt, signal, onBegin } = this.#options;
    this.#timer = setTimeout(
      () => this.#interrupt(deadlinePassed()),
      Math.max(1, deadlineAt + GRACE_MS - Date.now()),
    );
    signal?.addEventListener("abort", this.#onAbort);
    const waiting = this.#jobs;
    this.#jobs = [];
    this.#enqueue((connection) => connection.command(beginText(connection, this.#options))).catch(() => {});
    [this.#began] = this.#running;
    onBegin?.(this.run);
    for (const job of waiting) job(lease.connection);
  }

  async commit(): Promise<void> {
    if (this.#state.at === "fresh") {
      this.#end(this.#failure);
      if (this.#failure) throw this.#failure;
      return;
    }
    if (this.#state.at === "acquiring") await this.#state.ready;
    if (this.#state.at === "ended") throw this.#state.reason ?? usedAfterEnd();
    const { lease } = this.#state as { lease: Lease };
    if (this.#failure || lease.connection.lost) {
      await this.rollback();
      throw this.#failure ?? new DatabaseError("connection-lost", "The connection to PostgreSQL was lost.");
    }
    if (this.#options.readOnly && this.#running.size === 0) {
      // Nothing depends on the reply: whoever uses the connection next sends behind it.
      lease.connection.command("commit").catch(() => lease.connection.destroy());
      return this.#release(true);
    }
    this.#committing = true;
    let reply: Reply;
    try {
      reply = await this.#enqueue((connection) => connection.command("commit"));
    } catch (error) {
      const failure = this.#commitFailure(error as DatabaseError);
      this.#release(failure.kind !== "commit-unknown" && !lease.connection.lost, failure);
      throw failure;
    }
    await Promise.all(this.#running);
    if (reply.command === "COMMIT" && !this.#failure) return this.#release(true);
    const failure =
      this.#failure ??
      new DatabaseError("statement", "PostgreSQL rolled the transaction back instead of committing it.");
    this.#release(true, failure);
    // A value that could not be read, in a statement sent just before: the transaction itself succeeded.
    if (reply.command === "COMMIT")
      throw new DatabaseError("commit-unknown", failure.message, { cause: failure });
    throw failure;
  }

  /** Nothing was committed if PostgreSQL itself said so before it came to the COMMIT. */
  #commitFailure(error: DatabaseError): DatabaseError {
    const first = this.#failure ?? error;
    const refusedByServer = first.kind !== "connection-lost" && isServerError(first.cause);
    if (refusedByServer) return first;
    return new DatabaseError(
      "commit-unknown",
      `Whether the transaction was committed is unknown: ${first.message}`,
      {
        cause: first,
      },
    );
  }

  async rollback(): Promise<void> {
    const state = this.#state;
    if (state.at === "ended") return;
    if (state.at !== "open") return this.#end(undefined);
    const { connection } = state.lease;
    if (this.#committing || connection.lost) return this.#release(false);
    if (this.#running.size > 0) return await this.#abandon(state.lease, usedAfterEnd());
    const done = connection.command("rollback");
    if (this.#options.readOnly) {
      done.catch(() => connection.destroy());
      return this.#release(true);
    }
    this.#state = { at: "ended", reason: this.#failure };
    const clean = await within(
      CANCEL_MS,
      done.then(
        () => true,
        () => false,
      ),
    );
    this.#release(clean === true, undefined, state.lease);
  }

  readonly #onAbort = (): void => {
    // A COMMIT cannot be taken back; its reply is bounded by the deadline.
    if (!this.#committing) this.#interrupt(this.#aborted());
  };

  /** The deadline or the signal came first: whoever waits is told now, the connection is cleaned behind them. */
  #interrupt(reason: DatabaseError): void {
    if (this.#state.at !== "open") return;
    const { lease } = this.#state;
    this.#failure ??= reason;
    if (this.#committing) {
      for (const tell of this.#interrupts) tell(reason);
      return;
    }
    void this.#abandon(lease, reason);
  }

  /** Stops what runs on the server, so that its locks are gone soon, and gives the connection up. */
  async #abandon(lease: Lease, reason: DatabaseError): Promise<void> {
    const running = [...this.#running];
    this.#state = { at: "ended", reason };
    this.#unwatch();
    for (const tell of this.#interrupts) tell(reason);
    const { connection } = lease;
    if (running.length > 0) {
      // A cancel that hit BEGIN would let the statements behind it commit by themselves.
      await within(CANCEL_MS, this.#began!);
      void connection.cancel();
      await within(CANCEL_MS, Promise.all(running));
    }
    const clean = await within(
      CANCEL_MS,
      connection.command("rollback").then(
        () => true,
        () => false,
      ),
    );
    lease.release(clean === true);
  }

  #end(reason: DatabaseError | undefined): void {
    this.#state = { at: "ended", reason };
    this.#jobs = [];
    for (const tell of this.#interrupts) tell(reason ?? usedAfterEnd());
    this.#interrupts.clear();
  }

  #release(clean: boolean, reason?: DatabaseError, lease = (this.#state as { lease: Lease }).lease): void {
    this.#unwatch();
    this.#state = { at: "ended", reason };
    lease.release(clean);
  }

  #unwatch(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }

  #aborted(): DatabaseError {
    return new DatabaseError("aborted", "The transaction was aborted by its caller.", {
      cause: this.#options.signal?.reason,
    });
  }

  /** PostgreSQL before 17 has no timeout of a transaction: there the idle one closes the connection. */
  #atDeadline(error: DatabaseError): DatabaseError {
    if (error.kind !== "connection-lost" || this.#committing || Date.now() < this.#options.deadlineAt)
      return error;
    return new DatabaseError("timeout", "The deadline of the transaction has passed.", { cause: error });
  }
}

function rejected(error: DatabaseError): Promise<never> {
  const refused = Promise.reject<never>(error);
  refused.catch(() => {});
  return refused;
}
