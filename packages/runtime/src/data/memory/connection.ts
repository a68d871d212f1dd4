import { DatabaseError } from "../errors.ts";
import type { MemoryLink } from "./link.ts";
import type { Session, Tables } from "./session.ts";
import type { MemoryStore } from "./store.ts";

/** How much longer than its client the server waits before it ends a transaction. */
const graceMs = 100;

interface Awaited {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: DatabaseError) => void;
  readonly isCommit: boolean;
}

/** The way of one transaction to the server and back: statements in order, none waited for by the next. */
export class MemoryConnection {
  readonly #store: MemoryStore;
  readonly #link: MemoryLink;
  readonly #readOnly: boolean;
  readonly #leftMs: number;
  /** On the server's side. */
  #session: Session | undefined;
  #line: Promise<void> = Promise.resolve();
  #broken = false;
  /** There never was a connection. */
  #unmade = false;
  #endTimeout: () => void = () => {};
  /** On its way there and back; statements of one turn share a packet. */
  #packet: (() => void)[] = [];
  #replies: (() => void)[] = [];
  readonly #awaited = new Set<Awaited>();

  constructor(store: MemoryStore, link: MemoryLink, readOnly: boolean, leftMs: number) {
    this.#store = store;
    this.#link = link;
    this.#readOnly = readOnly;
    this.#leftMs = leftMs;
  }

  statement<T>(work: (tables: Tables) => Promise<T> | T): Promise<T> {
    return this.#ask(false, async (session, awaited) => {
      if (session.failed)
        throw new DatabaseError("statement", "current transaction is aborted (25P02)", { sqlstate: "25P02" });
      // It was cancelled: the client has been told.
      if (session.ended) return;
      const fate = this.#link.fate("statement");
      if (fate === "lost") return this.#break();
      try {
        if (fate === "serialization") throw serialization();
        const value = await work(session);
        if (!session.ended) this.#answer(() => awaited.resolve(value));
      } catch (error) {
        session.failed = true;
        throw error;
      }
    }) as Promise<T>;
  }

  /** Resolves to false where the server rolled back. */
  commit(): Promise<boolean> {
    return this.#ask(true, async (session, awaited) => {
      if (session.failed) {
        session.rollback();
        return this.#answer(() => awaited.resolve(false));
      }
      const fate = this.#readOnly ? "done" : this.#link.fate("commit");
      if (fate === "lost") return this.#break();
      if (fate === "serialization") {
        session.rollback();
        throw serialization();
      }
      if (fate === "unreported") {
        session.committing = true;
        this.#store.clock.after(this.#link.undecidedMs(), () => session.commit());
        return this.#break(true);
      }
      const takesMs = this.#readOnly ? 0 : this.#link.commitMs();
      if (takesMs > 0) {
        session.committing = true;
        await new Promise<void>((done) => void this.#store.clock.after(takesMs, done));
        if (session.ended) return;
      }
      session.commit();
      this.#answer(() => awaited.resolve(true));
    }) as Promise<boolean>;
  }

  rollback(): Promise<unknown> {
    return this.#ask(false, async (session, awaited) => {
      session.rollback();
      this.#answer(() => awaited.resolve(undefined));
    });
  }

  /** Ends what runs, at once: a cancel that overtakes what is in line. */
  cancel(): void {
    this.#link.send(() => this.#session?.rollback());
  }

  #ask(isCommit: boolean, work: (session: Session, awaited: Awaited) => Promise<void>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const awaited: Awaited = { resolve, reject, isCommit };
      this.#awaited.add(awaited);
      if (this.#broken) return this.#tell(awaited);
      this.#packet.push(() => {
        this.#line = this.#line.then(async () => {
          if (this.#broken) return;
          if (!this.#store.up) return this.#break();
          try {
            await work((this.#session ??= this.#begin()), awaited);
          } catch (error) {
            this.#answer(() => reject(error));
          }
        });
      });
      if (this.#packet.length === 1)
        this.#link.send(() => {
          const packet = this.#packet;
          this.#packet = [];
          for (const arrive of packet) arrive();
        });
    });
  }

  #begin(): Session {
    const session = this.#store.begin(this.#readOnly, this.#link);
    session.onKill = () => this.#break();
    this.#endTimeout = this.#store.clock.after(this.#leftMs + graceMs, () => session.kill());
    return session;
  }

  #answer(arrive: () => void): void {
    if (this.#session?.ended) this.#endTimeout();
    this.#replies.push(arrive);
    if (this.#replies.length > 1) return;
    this.#link.reply(() => {
      const replies = this.#replies;
      this.#replies = [];
      for (const reply of replies) reply();
    });
  }

  /** The connection is gone: the server rolls back, except what it is committing, and the client is told in a while. */
  #break(committing = false): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#unmade = this.#session === undefined;
    this.#endTimeout();
    if (!committing) this.#session?.rollback();
    this.#link.reply(() => {
      for (const awaited of this.#awaited) this.#tell(awaited);
    });
  }

  #tell({ reject, isCommit }: Awaited): void {
    if (this.#unmade) return reject(new DatabaseError("unavailable", "The database in memory is down."));
    reject(
      isCommit
        ? new DatabaseError("commit-unknown", "Whether the transaction was committed is unknown.")
        : new DatabaseError("connection-lost", "The connection to the database in memory was lost."),
    );
  }
}

function serialization(): DatabaseError {
  return new DatabaseError("serialization", "could not serialize access (40001)", { sqlstate: "40001" });
}
