import type { DatabaseSync } from "node:sqlite";

export interface Bounds {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly now: number;
}

/** Rows of a table that are removed at once: a fraction of a second. */
const BATCH = 2_000;

/**
 * Removes the oldest rows where there are too many bytes or they are too old, a batch at a time, and gives the pages back.
 * Gives whether there may be more to remove.
 */
export function trim(database: DatabaseSync, { maxBytes, maxAgeMs, now }: Bounds): boolean {
  const value = (sql: string, ...args: number[]): number =>
    (database.prepare(sql).get(...args) as { n: number | null } | undefined)?.n ?? 0;
  const before = (now - maxAgeMs) * 1_000;
  const bytes = value(
    "SELECT ((SELECT page_count FROM pragma_page_count()) - (SELECT freelist_count FROM pragma_freelist_count())) * (SELECT page_size FROM pragma_page_size()) AS n",
  );
  const full = bytes > maxBytes;
  let removed = 0;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const [table, time] of [
      ["span", "start"],
      ["log", "at"],
      ["point", "at"],
    ] as const) {
      const first = value(`SELECT min(id) AS n FROM ${table}`);
      if (first === 0) continue;
      const last = value(`SELECT max(id) AS n FROM ${table}`);
      // Each table loses the same share, so that none crowds out the others.
      const most = full ? Math.min(BATCH, Math.ceil((last - first + 1) / 50)) : BATCH;
      const age = full ? "" : ` AND ${time} < ${before}`;
      const { changes } = database.prepare(`DELETE FROM ${table} WHERE id < ?${age}`).run(first + most);
      removed += Number(changes);
    }
    if (removed > 0) {
      const oldest = value("SELECT start AS n FROM span ORDER BY id LIMIT 1") || now * 1_000;
      // A trace that is not over may have begun a little before its oldest span.
      database.prepare("DELETE FROM trace WHERE start < ?").run(oldest - 60_000_000);
      database.prepare("DELETE FROM flow WHERE slot < ?").run(Math.floor(oldest / 1e6) - 3_600);
      database
        .prepare("DELETE FROM link WHERE id < (SELECT min(id) FROM span) AND id < ?")
        .run(value("SELECT min(id) + 20000 AS n FROM link"));
    }
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
  if (removed > 0) database.exec("PRAGMA incremental_vacuum(2000)");
  return removed >= BATCH || (full && removed > 0);
}
