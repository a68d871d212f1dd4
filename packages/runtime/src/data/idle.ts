import type { Connection } from "./connection.ts";

export interface Idle {
  readonly connection: Connection;
  /** Date.now() milliseconds. */
  readonly since: number;
}

/** The connections that nobody uses, in the order in which they were given back. What is idle for long is closed. */
export class IdleConnections {
  readonly #all: Idle[] = [];
  readonly #idleMs: number;
  readonly #discard: (connection: Connection) => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(idleMs: number, discard: (connection: Connection) => Promise<void>) {
    this.#idleMs = idleMs;
    this.#discard = discard;
  }

  get all(): readonly Idle[] {
    return this.#all;
  }

  add(connection: Connection): void {
    this.#all.push({ connection, since: Date.now() });
    this.#watch();
  }

  /** The one used last: its backend is warm, and the others may go idle. */
  take(url: string): Connection | undefined {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const { connection } = this.#all[i]!;
      if (connection.url !== url || connection.lost) continue;
      this.#all.splice(i, 1);
      return connection;
    }
    return undefined;
  }

  /** Forgets one that is gone. */
  remove(connection: Connection): void {
    const at = this.#all.findIndex((idle) => idle.connection === connection);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** Closes those that match; a promise for each. */
  drop(matches: (idle: Idle) => boolean): Promise<void>[] {
    const dropped = this.#all.filter(matches);
    for (const idle of dropped) this.#all.splice(this.#all.indexOf(idle), 1);
    return dropped.map(({ connection }) => this.#discard(connection));
  }

  /** Closes all, and watches no more. */
  close(): Promise<void>[] {
    this.#closed = true;
    clearTimeout(this.#timer);
    return this.drop(() => true);
  }

  #watch(): void {
    if (this.#timer || this.#closed) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const oldest = Date.now() - this.#idleMs;
        void this.drop((idle) => idle.since <= oldest);
        if (this.#all.length > 0) this.#watch();
      },
      Math.max(50, Math.min(this.#idleMs / 4, 5_000)),
    ).unref();
  }
}
