import type { Clock } from "../clock/clock.ts";
import { DatabaseError } from "../data/errors.ts";
import type { Database, Run, TransactionOptions } from "../data/transaction.ts";

/** Classes of SQLSTATE that pass by themselves: no resources, an operator at work, a system error. */
const passing = /^(53|57|58)/;

/**
 * Reads or writes a saga's records, however long the database is away: a saga does not end because its record could not
 * be kept. An unknown commit is written again, so `work` must be harmless to repeat. Gives up once `until` is aborted.
 */
export async function persist<T>(
  clock: Clock,
  database: Database,
  options: Omit<TransactionOptions, "deadlineAt">,
  work: (run: Run) => Promise<T>,
  until: AbortSignal,
): Promise<T> {
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    const tx = database.open({ ...options, deadlineAt: clock.now() + 10_000 });
    try {
      // Not waited for before the commit: both leave in one packet.
      const result = work(tx.run);
      result.catch(() => {});
      await tx.commit();
      return await result;
    } catch (error) {
      await tx.rollback();
      if (!passes(error) || until.aborted) throw error;
      await clock.sleep(pauseMs, until).catch(() => {});
    }
  }
}

function passes(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  const lasting = error.kind === "statement" || error.kind === "unique";
  return !lasting || passing.test(error.sqlstate ?? "");
}
