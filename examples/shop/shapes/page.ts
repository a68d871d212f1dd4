import { z } from "zod";

/** How many rows a page of a listing holds at most. The next page is asked for with the `next` of this one as `after`. */
export const Limit = z.int().min(1).max(1_000).default(100);

/** The last row of the page before, where rows are numbered. */
export const AfterNumber = z.int().min(0).optional();

/**
 * A page out of rows that were read with one more than `limit`: the extra row tells that there is a next page, which
 * begins after the last one that is shown.
 */
export function pageOf<R, K>(
  rows: readonly R[],
  limit: number,
  keyOf: (row: R) => K,
): { rows: R[]; next: K | undefined } {
  const shown = rows.slice(0, limit);
  return { rows: shown, next: rows.length > limit ? keyOf(shown.at(-1)!) : undefined };
}
