import type { Run } from "../data/transaction.ts";

/** A read model that is being built anew. Its id is the new generation of the reactions that fill it. */
export interface ReplayRecord {
  readonly id: number;
  /** The events by their names of today, sorted. */
  readonly events: readonly string[];
  /** The types that messages of these events have, or had under an older name. */
  readonly types: readonly string[];
  /** With their schema, quoted, in the order in which rows are inserted. */
  readonly tables: readonly string[];
  /** Date.now() milliseconds; 0 for everything that is kept. */
  readonly since: number;
}

/** Where a replay stands in one lane of a channel. */
export interface ReplayLane {
  readonly channel: string;
  readonly lane: number;
  readonly start: number;
  readonly next: number;
  /** Events that were handed to reactions. */
  readonly handled: number;
}

/** Why a table cannot be built anew beside itself. */
export interface UnfitTable {
  readonly table: string;
  readonly problem: string;
  readonly mend: string;
}

/** Who works on a replay: others keep away until its lease runs out. */
export interface ReplayHolder {
  readonly holder: string;
  readonly leaseMs: number;
}

/**
 * The records of a replay, and the tables that it builds: empty copies in a schema of their own, which come first on
 * the search path of its transactions, so that the code of the reactions finds them under the names that it knows.
 */
export interface ReplayJournal {
  /** The one that is not finished, and for how long somebody still holds it. */
  readReplay(run: Run): Promise<(ReplayRecord & { readonly heldForMs: number }) | undefined>;
  /** The tables by their full names, in the order in which rows can be inserted; what speaks against a copy of each. */
  inspectTables(
    run: Run,
    names: readonly string[],
  ): Promise<{ readonly tables: readonly string[]; readonly unfit: readonly UnfitTable[] }>;
  /** Begins one, with empty copies of the tables. Rejects as `unique` where another one is not finished. */
  openReplay(
    run: Run,
    what: Omit<ReplayRecord, "id"> & { readonly lanes: readonly Omit<ReplayLane, "next" | "handled">[] },
    by: ReplayHolder,
  ): Promise<ReplayRecord>;
  /** Takes or renews the lease. False where somebody else has it, or the replay is over. */
  holdReplay(run: Run, id: number, by: ReplayHolder): Promise<boolean>;
  releaseReplay(run: Run, id: number, holder: string): Promise<unknown>;
  readLanes(run: Run, id: number): Promise<readonly ReplayLane[]>;
  /** Moves on in a lane. False where somebody else has moved it, or the replay is over: then this work is not ours. */
  advance(run: Run, id: number, from: ReplayLane, next: number, handled: number): Promise<boolean>;
  /** Records messages as handled by the generation; gives the ids of those that were not, and are no dead letters. */
  openReplayed(
    run: Run,
    id: number,
    channel: string,
    messages: readonly { readonly type: string; readonly id: string }[],
  ): Promise<ReadonlySet<string>>;
  /** From here on the transaction finds the copies under the tables' names. */
  enterCopies(run: Run): Promise<unknown>;
  /** Tables of the service, other than the copies, that this transaction has written to. */
  strayWrites(run: Run): Promise<readonly string[]>;
  /** Waits for replayable reactions that are at work, and keeps others waiting until this transaction ends. */
  lockGenerations(run: Run): Promise<unknown>;
  /** Puts the rows of the copies in place of the tables' own, and makes the generation the live one. After {@link lockGenerations}. */
  swap(run: Run, replay: ReplayRecord): Promise<unknown>;
  /** Drops the copies. The tables stay as they are. */
  abandon(run: Run, id: number): Promise<boolean>;
}
