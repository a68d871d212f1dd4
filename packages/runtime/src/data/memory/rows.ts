import type { Clock } from "../../clock/clock.ts";
import type { Locks } from "./locks.ts";

/** A row is a plain object that nobody changes: a new one takes its place. */
export type Row = object;

/** By table and key; undefined where a row is deleted. */
export type Writes = ReadonlyMap<string, ReadonlyMap<string, Row | undefined>>;

/** What a session needs of its server. */
export interface Server {
  readonly clock: Pick<Clock, "now" | "after">;
  readonly locks: Locks;
  /** What is committed. */
  table(name: string): ReadonlyMap<string, Row>;
  /** The next value of a sequence: gone for good, whatever becomes of the transaction. */
  next(sequence: string): number;
  /** Makes writes visible, all at once. */
  apply(writes: Writes, lazy: boolean): void;
  ended(session: object): void;
}
