import type { Clock } from "../../clock/clock.ts";
import { Locks } from "./locks.ts";
import type { Row, Server, Writes } from "./rows.ts";
import { Session } from "./session.ts";

interface LazyCommit {
  readonly at: number;
  readonly undo: readonly (readonly [table: Map<string, Row>, key: string, before: Row | undefined])[];
}

/** As PostgreSQL does with `synchronous_commit = off`: at most three times `wal_writer_delay`. */
const flushMs = 600;

/**
 * A database server in memory, for one service: read committed, with locks of rows and of unique keys, sequences that
 * are taken outside of transactions, and a log that a lazy commit does not wait for. It outlives the processes that use it.
 */
export class MemoryStore implements Server {
  readonly locks = new Locks();
  readonly sessions = new Set<Session>();
  readonly clock: Pick<Clock, "now" | "after">;
  /** False while it is down. */
  up = true;
  /** Sees each commit as it becomes visible. */
  onCommit: (writes: Writes) => void = () => {};
  readonly #tables = new Map<string, Map<string, Row>>();
  readonly #sequences = new Map<string, number>();
  #lazy: LazyCommit[] = [];

  constructor(clock: Pick<Clock, "now" | "after">) {
    this.clock = clock;
  }

  begin(readOnly: boolean, client: object): Session {
    const session = new Session(this, readOnly, client);
    this.sessions.add(session);
    return session;
  }

  ended(session: Session): void {
    this.sessions.delete(session);
  }

  /** A client is gone: its transactions are rolled back, but for those that are being committed. */
  disconnect(client: object): void {
    for (const session of this.sessions) {
      if (session.client === client && !session.committing) session.kill();
    }
  }

  /** What is committed. */
  table(name: string): Map<string, Row> {
    let table = this.#tables.get(name);
    if (!table) this.#tables.set(name, (table = new Map()));
    return table;
  }

  /** The next value of a sequence: gone for good, whatever becomes of the transaction. */
  next(sequence: string): number {
    const value = (this.#sequences.get(sequence) ?? 0) + 1;
    this.#sequences.set(sequence, value);
    return value;
  }

  /** Makes writes visible, all at once. */
  apply(writes: Writes, lazy: boolean): void {
    const undo: [Map<string, Row>, string, Row | undefined][] = [];
    for (const [name, rows] of writes) {
      const table = this.table(name);
      for (const [key, row] of rows) {
        undo.push([table, key, table.get(key)]);
        if (row === undefined) table.delete(key);
        else table.set(key, row);
      }
    }
    this.onCommit(writes);
    // Whoever waits for the disk writes everything before it too.
    this.#lazy = lazy ? [...this.#unflushed(), { at: this.clock.now(), undo }] : [];
  }

  /**
   * The server fails: transactions are gone, and of the lazy commits that were not yet on the disk this many, newest
   * first. Nothing works until {@link up} is true again.
   */
  crash(lostLazyCommits: (most: number) => number): void {
    this.up = false;
    for (const session of this.sessions) session.kill();
    const unflushed = this.#unflushed();
    const lost = lostLazyCommits(unflushed.length);
    for (const { undo } of unflushed.toReversed().slice(0, lost)) {
      for (const [table, key, before] of undo.toReversed()) {
        if (before === undefined) table.delete(key);
        else table.set(key, before);
      }
    }
    this.#lazy = [];
  }

  #unflushed(): LazyCommit[] {
    const since = this.clock.now() - flushMs;
    return this.#lazy.filter((commit) => commit.at > since);
  }
}
