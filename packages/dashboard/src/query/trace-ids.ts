import type { DatabaseSync } from "node:sqlite";

/** Ids of traces that begin with these hexadecimal digits, at most `most`. */
export function traceIdsOf(database: DatabaseSync, beginning: string, most: number): string[] {
  const digits = beginning.toLowerCase();
  if (!/^[0-9a-f]{1,32}$/.test(digits)) return [];
  const bound = (fill: string): Uint8Array => Buffer.from(digits.padEnd(32, fill), "hex");
  const rows = database
    .prepare("SELECT trace FROM trace WHERE trace BETWEEN ? AND ? LIMIT ?")
    .all(bound("0"), bound("f"), most) as { trace: Uint8Array }[];
  return rows.map(({ trace }) => Buffer.from(trace).toString("hex"));
}
