import type { AnySaga } from "kerf";
import { connections } from "../data/connections.ts";
import { postgresJournal } from "../journal/postgres.ts";
import { readHistory, type SagaHistory } from "../sagas/history.ts";

/**
 * Reads the history of a saga from the database of the service that owns it. It is JSON: keep it as a file, and give it to
 * `replayHistory` in a test.
 * @throws Error where the database has no such saga
 */
export async function recordHistory(databaseUrl: string, saga: AnySaga, id: string): Promise<SagaHistory> {
  const pool = connections({ budget: 1 });
  const tx = pool
    .database(databaseUrl, { name: "kerf history" })
    .open({ deadlineAt: Date.now() + 10_000, readOnly: true });
  try {
    const history = await readHistory(tx.run, postgresJournal, saga.name, id);
    await tx.commit();
    if (!history) throw new Error(`there is no saga ${saga.name} "${id}" in this database`);
    // What a file would give back.
    return JSON.parse(JSON.stringify(history)) as SagaHistory;
  } catch (error) {
    await tx.rollback();
    throw error;
  } finally {
    await pool.close();
  }
}
