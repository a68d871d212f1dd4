import type { Connection } from "./connection.ts";
import type { TransactionOptions } from "./database.ts";

/** The server's own timeout should answer first: then the connection can be used again. */
export const GRACE_MS = 50;

/**
 * One message, without a reply to wait for. `statement_timeout` counts for each statement, so the whole is
 * bounded by `transaction_timeout`, which also ends a transaction that idles because its process hangs.
 */
export function beginText(
  { hasTransactionTimeout }: Connection,
  { isolation = "read committed", readOnly, deadlineAt }: TransactionOptions,
): string {
  const leftMs = Math.max(1, Math.ceil(deadlineAt - Date.now()));
  const whole = hasTransactionTimeout ? "transaction_timeout" : "idle_in_transaction_session_timeout";
  return (
    `begin isolation level ${isolation}${readOnly ? " read only" : " read write"}; ` +
    `set local statement_timeout = ${leftMs}; set local ${whole} = ${leftMs + 2 * GRACE_MS}`
  );
}
