/** One way to run a business transaction of four steps durably; each step writes one row. */
export interface Contender {
  open(databases: Databases): Promise<Runner>;
}

export interface Runner {
  /** Resolves when the transaction with this id has ended. */
  run(id: number): Promise<void>;
  close(): Promise<void>;
}

export interface Databases {
  /** Of this contender alone. */
  readonly url: string;
  /** Of the server, for a contender that makes its own databases, whose names begin with `name`. */
  readonly adminUrl: string;
  readonly name: string;
}

export const STEPS = 4;
/** Connections of a process. */
export const CONNECTIONS = 20;

export const contenders = ["kerf", "dbos"] as const;
export type ContenderName = (typeof contenders)[number];
