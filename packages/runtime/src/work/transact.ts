import { DeclaredError, StatusError } from "kerf";
import type { Clock } from "../clock/clock.ts";
import { crashAround, crashpoint, crashpointWhenSent } from "../crashpoint/crashpoint.ts";
import { DatabaseError } from "../data/errors.ts";
import type { OnStatement } from "../data/database.ts";
import type { Database, Run, Transaction } from "../data/transaction.ts";

/** How often a transaction that lost against another one is run again (40001, 40P01). */
const reruns = 5;

/** Work that happens once: a record is inserted first, and tells the next one that it happened. */
export interface Once<R> {
  readonly clock: Clock;
  readonly deadlineAt: number;
  readonly isolation?: "read committed" | "serializable";
  readonly signal?: AbortSignal;
  readonly onStatement?: OnStatement | undefined;
  /** Inserts or locks the record, as the first statement. False: it happened before. */
  open(run: Run): Promise<boolean>;
  /** Says that `open` locks: unlike a failed insertion it does not abort what comes behind it, so `body` waits for its answer. */
  readonly opensByLock?: boolean;
  /** May use the transaction, or never begin it. */
  body(tx: Transaction): Promise<R>;
  /** Writes what must commit with it. Statements need not be awaited: the commit reports the first failure. */
  close(run: Run, result: R): Promise<void> | void;
}

export type Done<R> = { readonly repeated: false; readonly result: R } | { readonly repeated: true };

/**
 * Runs `work` in one transaction and commits it. Runs it again where it lost against another transaction or its
 * connection. An ambiguous commit is settled by opening the record once more on a new connection: that waits for the
 * undecided transaction, where reading would not.
 */
export async function transact<R>(database: Database, work: Once<R>): Promise<Done<R>> {
  const { clock } = work;
  for (let attempt = 1; ; attempt++) {
    const record = new OpenRecord(work);
    const tx = database.open({
      deadlineAt: work.deadlineAt,
      isolation: work.isolation ?? "read committed",
      onStatement: work.onStatement,
      ...(work.signal ? { signal: work.signal } : {}),
      ...(work.opensByLock ? {} : { onBegin: (run: Run) => record.open(run) }),
    });
    try {
      if (work.opensByLock) {
        record.open(tx.run);
        if (await record.repeated()) {
          await tx.rollback();
          return { repeated: true };
        }
      }
      const result = await work.body(tx);
      await work.close(tx.run, result);
      // Without a statement there is no transaction, and so no record.
      if (!tx.begun) void tx.run("select 1").catch(() => {});
      await committed(tx);
      return { repeated: false, result };
    } catch (error) {
      const repeated = await record.repeated();
      await tx.rollback();
      if (repeated) return { repeated: true };
      if (error instanceof DatabaseError && error.kind === "commit-unknown") {
        if (await happened(database, work)) return { repeated: true };
      } else if (
        !mayRunAgain(record.failure ?? error) ||
        attempt > reruns ||
        clock.now() >= work.deadlineAt
      ) {
        throw record.failure ?? error;
      }
      await clock.sleep(clock.random() * 10 * attempt);
    }
  }
}

function committed(tx: Transaction): Promise<void> {
  return crashAround("transaction.commit", () => {
    const answer = tx.commit();
    crashpointWhenSent("transaction.commit.sent");
    return answer;
  });
}

/** The record of one attempt, whose answer is not waited for until it is needed. */
class OpenRecord {
  #answer: Promise<boolean> | undefined;
  failure: unknown;
  readonly #work: Pick<Once<unknown>, "open">;

  constructor(work: Pick<Once<unknown>, "open">) {
    this.#work = work;
  }

  open(run: Run): void {
    crashpoint("transaction.begin.before");
    this.#answer = this.#work.open(run);
    this.#answer.then(
      () => crashpoint("transaction.begin.after"),
      (error: unknown) => {
        this.failure = error;
      },
    );
  }

  async repeated(): Promise<boolean> {
    return this.#answer ? this.#answer.then((isFresh) => !isFresh).catch(() => false) : false;
  }
}

function mayRunAgain(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.kind === "serialization" || error.kind === "connection-lost")
  );
}

async function happened(database: Database, work: Once<unknown>): Promise<boolean> {
  const { clock } = work;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    let answer: Promise<boolean> | undefined;
    const tx = database.open({
      deadlineAt: work.deadlineAt,
      onBegin: (run) => {
        answer = work.open(run);
        answer.catch(() => {});
      },
    });
    try {
      await tx.run("select 1").catch(() => {});
      const isFresh = await answer;
      if (isFresh !== undefined) return !isFresh;
    } catch (error) {
      if (clock.now() + pauseMs >= work.deadlineAt) throw error;
    } finally {
      await tx.rollback();
    }
    if (clock.now() + pauseMs >= work.deadlineAt) {
      throw new StatusError(
        "UNAVAILABLE",
        "the database went away while committing; it may have happened: repeat it with the same id to know",
      );
    }
    await clock.sleep(pauseMs);
  }
}

/** Turns the rejection of an insert-first record into false: it was there. */
export function fresh(inserted: Promise<unknown>): Promise<boolean> {
  return inserted.then(
    () => true,
    (error: unknown) => {
      if (error instanceof DatabaseError && error.kind === "unique") return false;
      throw error;
    },
  );
}

/** What a caller is told of a failure: its own kinds pass, the database's become status codes, anything else is INTERNAL. */
export function toCallError(error: unknown): DeclaredError | StatusError {
  if (error instanceof DeclaredError || error instanceof StatusError) return error;
  if (error instanceof DatabaseError) {
    switch (error.kind) {
      case "timeout":
        return new StatusError("DEADLINE_EXCEEDED", "the database had not answered by the deadline", {
          cause: error,
        });
      case "unavailable":
      case "connection-lost":
      case "commit-unknown":
        return new StatusError("UNAVAILABLE", "the service's database cannot be reached", { cause: error });
      case "serialization":
        return new StatusError("ABORTED", "it lost against other transactions several times; try again", {
          cause: error,
        });
      case "aborted":
        return new StatusError("CANCELLED", "the caller gave up", { cause: error });
    }
  }
  return StatusError.from(error);
}
