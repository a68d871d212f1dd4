import type { Sql } from "kerf";
import type { Run } from "./sql.ts";

export type { Run } from "./sql.ts";

/** Told of each statement as it is asked for: its text, and the rows that will come, or their failure, which it handles. */
export type OnStatement = (text: string, answer: Promise<readonly unknown[]>) => void;

/** One service's database. */
export interface Database {
  /** Costs nothing until its first statement. */
  open(options: TransactionOptions): Transaction;
  /** Closes its idle connections; transactions that are open go on to their end. */
  close(): Promise<void>;
}

export interface TransactionOptions {
  readOnly?: boolean;
  isolation?: "read committed" | "serializable";
  /** `Date.now()` milliseconds; what has not ended by then is cancelled and rolled back. */
  deadlineAt: number;
  signal?: AbortSignal | undefined;
  /** Statements of ours, sent right behind BEGIN, before any of the user. Not to be waited for here. */
  onBegin?: (run: Run) => void;
  onStatement?: OnStatement | undefined;
}

/**
 * A transaction that begins with its first statement. BEGIN, its timeouts, `onBegin` and that statement
 * leave in one packet. After a failed statement only `rollback` makes sense; `commit` reports the failure.
 */
export interface Transaction {
  /** Whether a statement was asked for. */
  readonly begun: boolean;
  readonly sql: Sql;
  readonly run: Run;
  /**
   * Ends the transaction; without a statement, does nothing. Statements that were not waited for are part
   * of it, and the first failure among them is thrown.
   */
  commit(): Promise<void>;
  /** Never throws. A statement that still runs is cancelled. */
  rollback(): Promise<void>;
}
