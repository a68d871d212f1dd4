import { DatabaseError } from "../errors.ts";
import type { Row, Server } from "./rows.ts";

/** What one statement sees of the database, on the server's side. */
export interface Tables {
  /** `now()` of its transaction. */
  readonly now: number;
  get<R extends Row>(table: string, key: string): R | undefined;
  /** In the order of their first insertion. */
  all<R extends Row>(table: string): [key: string, row: R][];
  /** Waits for whoever holds the row, and gives it as it then is. */
  lock<R extends Row>(table: string, key: string): Promise<R | undefined>;
  /** As {@link lock}, but does not wait: `"taken"` where another holds it. */
  lockNow<R extends Row>(table: string, key: string): R | undefined | "taken";
  /** An advisory lock, to the end of the transaction. */
  lockName(name: string): Promise<void>;
  /** Waits for a transaction that is undecided about the key. @throws DatabaseError `unique` */
  insert(table: string, key: string, row: Row): Promise<void>;
  /** Replaces a row, inserts it, or with undefined deletes it. Takes its lock. */
  put(table: string, key: string, row: Row | undefined): Promise<void>;
  next(sequence: string): number;
  /** The commit does not wait for the disk. */
  lazy(): void;
}

/** One transaction on the server, whether or not its client still lives. */
export class Session implements Tables {
  readonly now: number;
  readonly client: object;
  ended = false;
  /** The server goes on with it, whatever becomes of the client. */
  committing = false;
  failed = false;
  readonly #store: Server;
  readonly #readOnly: boolean;
  readonly #writes = new Map<string, Map<string, Row | undefined>>();
  #lazy = false;
  /** Called when the server ends it. */
  onKill: () => void = () => {};

  constructor(store: Server, readOnly: boolean, client: object) {
    this.#store = store;
    this.#readOnly = readOnly;
    this.client = client;
    this.now = store.clock.now();
  }

  get<R extends Row>(table: string, key: string): R | undefined {
    const own = this.#writes.get(table);
    return (own?.has(key) ? own.get(key) : this.#store.table(table).get(key)) as R | undefined;
  }

  all<R extends Row>(table: string): [string, R][] {
    const own = this.#writes.get(table);
    if (!own) return [...this.#store.table(table)] as [string, R][];
    const merged = new Map<string, Row | undefined>([...this.#store.table(table), ...own]);
    return [...merged].filter(([, row]) => row !== undefined) as [string, R][];
  }

  async lock<R extends Row>(table: string, key: string): Promise<R | undefined> {
    await this.lockName(`${table}\n${key}`);
    return this.get<R>(table, key);
  }

  lockNow<R extends Row>(table: string, key: string): R | undefined | "taken" {
    this.#assertOpen();
    return this.#store.locks.tryAcquire(this, `${table}\n${key}`) ? this.get<R>(table, key) : "taken";
  }

  async lockName(name: string): Promise<void> {
    this.#assertOpen();
    await this.#store.locks.acquire(this, name);
    // It may have been killed in the moment in which it was granted.
    this.#assertOpen();
  }

  async insert(table: string, key: string, row: Row): Promise<void> {
    const known = await this.lock(table, key);
    if (known)
      throw new DatabaseError("unique", `duplicate key in ${table}: ${key} (23505)`, {
        sqlstate: "23505",
        table,
      });
    this.#write(table, key, row);
  }

  async put(table: string, key: string, row: Row | undefined): Promise<void> {
    await this.lockName(`${table}\n${key}`);
    this.#write(table, key, row);
  }

  next(sequence: string): number {
    return this.#store.next(sequence);
  }

  lazy(): void {
    this.#lazy = true;
  }

  #assertOpen(): void {
    if (this.ended) throw new DatabaseError("connection-lost", "The server has ended the transaction.");
  }

  #write(table: string, key: string, row: Row | undefined): void {
    if (this.#readOnly)
      throw new DatabaseError("statement", "cannot write in a read-only transaction (25006)", {
        sqlstate: "25006",
      });
    let own = this.#writes.get(table);
    if (!own) this.#writes.set(table, (own = new Map()));
    own.set(key, row);
  }

  commit(): void {
    if (this.ended) return;
    if (this.#writes.size > 0) this.#store.apply(this.#writes, this.#lazy);
    this.#end();
  }

  rollback(): void {
    if (!this.ended) this.#end();
  }

  /** The server ends it: a crash, a timeout, an administrator. */
  kill(): void {
    if (this.ended) return;
    this.#end();
    this.onKill();
  }

  #end(): void {
    this.ended = true;
    this.#store.ended(this);
    this.#store.locks.release(this);
  }
}
