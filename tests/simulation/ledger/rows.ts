import type { Sql } from "kerf";
import { statementOn } from "../../../packages/runtime/src/data/memory/database.ts";
import type { Tables } from "../../../packages/runtime/src/data/memory/session.ts";

/** What the services keep, beside the tables of the journal. */

export interface Account {
  readonly pence: number;
  /** Counts its changes: what is stated of it must come in this order, each once. */
  readonly n: number;
}

/** One effect, in a list that only grows: one that happened twice is there twice. */
export interface Entry {
  readonly op: string;
  readonly transfer: string;
  readonly account: string;
  readonly pence: number;
  readonly command: string;
}

export interface TransferRow {
  readonly state: "pending" | "done" | "refused";
  readonly from: string;
  readonly pence: number;
  readonly reason: string;
}

export interface Line {
  readonly account: string;
  readonly n: number;
  readonly event: string;
}

/** Some rows and what becomes of them, as one statement of a handler. */
export function rows<T>(sql: Sql, work: (tables: Tables) => Promise<T> | T): Promise<T> {
  return statementOn(sql, work);
}

export async function append(tables: Tables, table: string, row: object): Promise<void> {
  await tables.insert(table, String(tables.next(table)), row);
}
