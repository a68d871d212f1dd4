import type { Connection } from "./connection.ts";
import { Counts } from "./counts.ts";
import { DatabaseError } from "./errors.ts";
import { Gates } from "./gates.ts";
import { IdleConnections } from "./idle.ts";
import { Waiter, type Access, type Wait } from "./waiter.ts";

export type { Access } from "./waiter.ts";

export interface BudgetOptions {
  /** Connections that may exist at once, those that open or close included. */
  size: number;
  /** How many of them one kind of access may hold, so that reads cannot starve writes, nor writes reads. */
  perAccess: number;
  idleMs: number;
  lifetimeMs: number;
  open(url: string): Promise<Connection>;
}

/** The right to use a connection, until it is given back. */
export interface Lease {
  readonly connection: Connection;
  /** `clean` promises that no transaction is open on it; else it is destroyed. */
  release(clean: boolean): void;
}

/** How long a database without a connection waits while others reuse the only one that they have. */
const PATIENCE_MS = 25;

/**
 * A database that has connections waits this long for one of them before it takes another database's, unless that was
 * idle for as long. A connection that was just given back is about to be wanted again: databases that are busy together
 * would otherwise spend their time with opening connections, which costs more than most transactions.
 */
const KEEP_MS = 500;

/**
 * The connections of one process to one server, over all of its databases. First come, first served, but
 * a connection that becomes free goes to a waiter of its own database unless another one has none at all
 * or waits for long: giving it to another database means to close it and open a new one.
 */
export class Budget {
  readonly #options: BudgetOptions;
  readonly #idle: IdleConnections;
  readonly #waiters: Waiter[] = [];
  readonly #leased: Record<Access, number> = { read: 0, write: 0 };
  readonly #gates = new Gates();
  /** Per database: how many open now. */
  readonly #opening = new Counts();
  /** Per database: how many are open. */
  readonly #existing = new Counts();
  #used = 0;
  /** Of those, how many are on their way to be closed. */
  #closing = 0;
  #later: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #closed = false;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#idle = new IdleConnections(options.idleMs, (connection) => this.#discard(connection, true));
  }

  stats() {
    return {
      size: this.#options.size,
      used: this.#used,
      idle: this.#idle.all.length,
      reading: this.#leased.read,
      writing: this.#leased.write,
      waiting: this.#waiters.length,
    };
  }

  /** A connection that is idle, at once; else undefined, and `acquire` has to wait for one. */
  tryAcquire(url: string, access: Access): Lease | undefined {
    if (this.#closed || this.#waiters.length > 0 || this.#leased[access] >= this.#options.perAccess)
      return undefined;
    const connection = this.#idle.take(url);
    return connection && this.#lease(connection, access);
  }

  /** @throws DatabaseError `timeout`, `aborted` or `unavailable`. */
  async acquire(url: string, access: Access, wait: Wait): Promise<Lease> {
    if (this.#closed) throw closedError();
    const waiter = new Waiter(url, access, wait, (waited, reason) => {
      const why =
        reason ?? this.#gates.get(url)?.cause ?? new DatabaseError("timeout", this.#exhausted(access));
      this.#giveUp(waited, why);
    });
    this.#waiters.push(waiter);
    waiter.begin();
    this.#serve();
    const connection = await waiter.granted;
    return this.#lease(connection, access, true);
  }

  /** Closes what is idle for this database; with its leased ones gone, nothing of it is left. */
  async closeDatabase(url: string): Promise<void> {
    for (const waiter of this.#waiters.filter((w) => w.url === url)) this.#giveUp(waiter, closedError());
    this.#gates.open(url);
    await Promise.all(this.#idle.drop((idle) => idle.connection.url === url));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#later?.timer);
    for (const waiter of this.#waiters.slice()) this.#giveUp(waiter, closedError());
    await Promise.all(this.#idle.close());
  }

  #lease(connection: Connection, access: Access, counted = false): Lease {
    if (!counted) this.#leased[access]++;
    let released = false;
    return {
      connection,
      release: (clean) => {
        if (released) return;
        released = true;
        this.#leased[access]--;
        this.#giveBack(connection, clean);
      },
    };
  }

  #giveBack(connection: Connection, clean: boolean): void {
    const tired = Date.now() - connection.openedAt > this.#options.lifetimeMs;
    if (connection.outdated) {
      void this.#idle.drop((idle) => idle.connection.url === connection.url);
    }
    if (!clean || connection.lost) this.#discard(connection, false);
    else if (connection.worn || tired || this.#closed || this.#isOwed(connection)) {
      void this.#discard(connection, true);
    } else {
      this.#idle.add(connection);
    }
    if (this.#waiters.length > 0) this.#serve();
  }

  /** The slot is free when the socket is closed, and not before: the budget is exact. */
  #discard(connection: Connection, politely: boolean): Promise<void> {
    this.#closing++;
    if (politely) void connection.close();
    else connection.destroy();
    return connection.closed.then(() => void this.#closing--);
  }

  #giveUp(waiter: Waiter, error: DatabaseError): void {
    const at = this.#waiters.indexOf(waiter);
    if (at < 0) return;
    this.#waiters.splice(at, 1);
    waiter.settle(error);
  }

  #grant(waiter: Waiter, connection: Connection): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    this.#leased[waiter.access]++;
    waiter.settle(connection);
  }

  /** Gives what there is to those who wait, and begins to open what is missing. */
  #serve(): void {
    const room: Record<Access, number> = {
      read: this.#options.perAccess - this.#leased.read,
      write: this.#options.perAccess - this.#leased.write,
    };
    for (const waiter of this.#waiters.slice()) {
      const connection = room[waiter.access] > 0 ? this.#idle.take(waiter.url) : undefined;
      if (!connection) continue;
      room[waiter.access]--;
      this.#grant(waiter, connection);
    }
    const wanted = new Map<string, number>();
    let closing = this.#closing;
    // A database without any connection comes first: the others have one that comes back soon.
    for (const waiter of this.#waiters.toSorted((a, b) => this.#standing(a) - this.#standing(b))) {
      if (room[waiter.access] <= 0) continue;
      room[waiter.access]--;
      const gate = this.#gates.get(waiter.url);
      if (gate && gate.openAt > Math.min(waiter.deadlineAt, Date.now() + 60_000)) {
        this.#giveUp(waiter, gate.cause);
        room[waiter.access]++;
        continue;
      }
      const nth = (wanted.get(waiter.url) ?? 0) + 1;
      wanted.set(waiter.url, nth);
      if (nth <= (this.#opening.get(waiter.url) ?? 0)) continue;
      let underWay: boolean;
      if (this.#used < this.#options.size) underWay = this.#openFor(waiter.url);
      // What closes now makes room for as many; its end serves the queue again.
      else underWay = closing-- > 0 || this.#evictFor(waiter);
      // One for whom nothing can be done yet does not keep those behind from what is there.
      if (!underWay) room[waiter.access]++;
    }
  }

  #openFor(url: string): boolean {
    if (!this.#gates.enter(url)) return false;
    this.#used++;
    this.#opening.add(url, 1);
    void this.#open(url);
    return true;
  }

  /** 0 where the waiter's database has no connection, nor one that opens. */
  #standing({ url }: Waiter): 0 | 1 {
    return this.#existing.has(url) || this.#opening.has(url) ? 1 : 0;
  }

  /** Whether it should go to another database, which waits for its first: one of several at once, the last one after a while. */
  #isOwed({ url }: Connection): boolean {
    if (this.#closing > 0 || this.#used < this.#options.size) return false;
    const waiter = this.#waiters.find(
      (one) => this.#standing(one) === 0 && this.#leased[one.access] < this.#options.perAccess,
    );
    if (!waiter || waiter.url === url) return false;
    return this.#existing.get(url)! > 1 || (!this.#hasSpare() && Date.now() - waiter.since >= PATIENCE_MS);
  }

  /** Whether any database has more than one. */
  #hasSpare(): boolean {
    return [...this.#existing.values()].some((many) => many > 1);
  }

  /** Closes what has been idle for longest, in another database than the waiter's. */
  #evictFor(waiter: Waiter): boolean {
    const now = Date.now();
    const patient = now - waiter.since < PATIENCE_MS;
    const free = this.#idle.all.filter((idle) => !patient || !this.#isWanted(idle.connection.url));
    const spare = free.find(({ connection }) => this.#existing.get(connection.url)! > 1);
    const victim = spare ?? free[0];
    if (!victim) return false;
    let keptUntil = now;
    if (this.#standing(waiter) === 1) keptUntil = Math.min(waiter.since, victim.since) + KEEP_MS;
    // The last one of a database is taken only where no other database gives up one of several meanwhile.
    else if (!spare && this.#hasSpare()) keptUntil = waiter.since + PATIENCE_MS;
    if (keptUntil > now) {
      this.#serveAt(keptUntil);
      return false;
    }
    void this.#idle.drop((idle) => idle === victim);
    return true;
  }

  #isWanted(url: string): boolean {
    return this.#waiters.some(
      (waiter) => waiter.url === url && this.#leased[waiter.access] < this.#options.perAccess,
    );
  }

  async #open(url: string): Promise<void> {
    try {
      const connection = await this.#options.open(url);
      this.#gates.open(url);
      this.#existing.add(url, 1);
      void connection.closed.then(() => {
        this.#used--;
        this.#existing.add(url, -1);
        this.#idle.remove(connection);
        this.#serve();
      });
      this.#opening.add(url, -1);
      if (this.#closed) void connection.close();
      else this.#idle.add(connection);
    } catch (error) {
      this.#used--;
      this.#opening.add(url, -1);
      const delayMs = this.#gates.failed(url, error as DatabaseError);
      if (delayMs !== undefined) setTimeout(() => this.#serve(), delayMs + 1).unref();
    }
    this.#serve();
  }

  /** Looks at the queue again when somebody in it has waited long enough. */
  #serveAt(at: number): void {
    if (this.#later && this.#later.at <= at) return;
    clearTimeout(this.#later?.timer);
    const timer = setTimeout(() => {
      this.#later = undefined;
      this.#serve();
    }, at - Date.now());
    this.#later = { timer, at };
  }

  #exhausted(access: Access): string {
    const { size, perAccess } = this.#options;
    return `No connection became free before the deadline (budget ${size}, of which ${perAccess} for ${access}s; ${this.#leased[access]} ${access} transactions are open).`;
  }
}

function closedError(): DatabaseError {
  return new DatabaseError("unavailable", "The database was closed by this process.");
}
