import type { Run, Transaction } from "../data/transaction.ts";
import type { ServicePort } from "../service/port.ts";

/** Runs `work` in a transaction of the service's database, which commits unless it throws. */
export async function inTransaction<T>(
  port: ServicePort,
  work: (run: Run, tx: Transaction) => Promise<T>,
  withinMs = 10_000,
): Promise<T> {
  const tx = port.storage!.database.open({ deadlineAt: port.clock.now() + withinMs });
  try {
    const result = await work(tx.run, tx);
    await tx.commit();
    return result;
  } catch (error) {
    await tx.rollback();
    throw error;
  }
}
