/**
 * One way to bring what a transaction states to a handler in another process. Both sides write one row for each event:
 * the producer in the transaction that states it, the handler as its effect.
 */
export interface Contender {
  /** Makes tables and queues. */
  prepare(databases: Databases): Promise<void>;
  /** Gives what commits one change together with its event. */
  produce(databases: Databases): Promise<Side & { emit(id: number): Promise<void> }>;
  /** Calls `handled` for each event at the end of its handler. */
  consume(databases: Databases, handled: (id: number) => void): Promise<Side>;
}

export interface Side {
  close(): Promise<void>;
}

export interface Databases {
  /** Of this contender alone; the tables `made` and `handled` are in it. */
  readonly url: string;
  /** Of the server, for a contender that makes its own databases, whose names begin with `name`. */
  readonly adminUrl: string;
  readonly name: string;
}

/** Connections of each side. */
export const CONNECTIONS = 20;
/** Events that are handled at once. */
export const AT_ONCE = 16;

export const contenders = ["kerf", "pg-boss", "pg-boss-batches", "graphile-worker"] as const;
export type ContenderName = (typeof contenders)[number];

export async function load(name: ContenderName): Promise<Contender> {
  return ((await import(`./contenders/${name}.ts`)) as { default: Contender }).default;
}
