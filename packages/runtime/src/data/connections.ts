import { Budget } from "./budget.ts";
import { openConnection } from "./connection.ts";
import { Listener } from "./listener.ts";
import { openTransaction, type Database } from "./transaction.ts";

export interface ConnectionsOptions {
  /** Connections of this process to one server, over all its databases. Default 20. Listening has its own. */
  budget?: number;
  /** An idle connection is closed after this. Default 30 s. */
  idleMs?: number;
  /** Default 10 s. */
  connectTimeoutMs?: number;
  /** False behind a pooler: statements are not prepared, and no setting outlives a transaction. Default true. */
  prepare?: boolean;
}

export interface BudgetStats {
  size: number;
  used: number;
  idle: number;
  reading: number;
  writing: number;
  waiting: number;
}

export interface Connections {
  /** `name` is shown in `pg_stat_activity`. */
  database(url: string, options: { name: string }): Database;
  /**
   * Calls `fn` with the payload of each NOTIFY. After a broken connection is replaced, `onReconnect` is
   * called: something may have been missed. Gives the function that ends it.
   */
  listen(
    url: string,
    channel: string,
    fn: (payload: string) => void,
    onReconnect: () => void,
  ): Promise<() => Promise<void>>;
  /** By server, as `host:port`. */
  stats(): Record<string, BudgetStats>;
  close(): Promise<void>;
}

/** PostgreSQL's caches in a backend only grow, so none is kept for ever. */
const LIFETIME_MS = 30 * 60_000;

/** The connections of this process: one budget per server, shared by its databases. */
export function connections(options: ConnectionsOptions = {}): Connections {
  const { budget: size = 20, idleMs = 30_000, connectTimeoutMs = 10_000, prepare = true } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new TypeError(`The connection budget must be a whole number from 1; it is ${size}.`);
  const budgets = new Map<string, Budget>();
  const listeners = new Map<string, Listener>();
  const names = new Map<string, string>();
  let closed = false;

  const open = (url: string) =>
    openConnection(url, { name: names.get(url) ?? "kerf", prepare, connectTimeoutMs, guarded: prepare });

  function budgetOf(url: string): Budget {
    const server = serverOf(url);
    let budget = budgets.get(server);
    if (!budget) {
      // A quarter stays for the other kind of access.
      const perAccess = Math.max(1, size - Math.max(1, Math.floor(size / 4)));
      budget = new Budget({ size, perAccess, idleMs, lifetimeMs: LIFETIME_MS, open });
      budgets.set(server, budget);
    }
    return budget;
  }

  return {
    database(url, { name }) {
      names.set(url, name);
      const budget = budgetOf(url);
      return {
        open: (transaction) => openTransaction(budget, url, transaction),
        close: () => budget.closeDatabase(url),
      };
    },
    async listen(url, channel, fn, onReconnect) {
      if (closed) throw new TypeError("These connections are closed.");
      let listener = listeners.get(url);
      if (!listener) {
        listener = new Listener((onNotify) =>
          openConnection(url, { name: "kerf listener", prepare, connectTimeoutMs, onNotify }),
        );
        listeners.set(url, listener);
      }
      return await listener.add(channel, { fn, onReconnect });
    },
    stats: () => Object.fromEntries([...budgets].map(([server, budget]) => [server, budget.stats()])),
    async close() {
      closed = true;
      await Promise.all([...budgets.values(), ...listeners.values()].map((part) => part.close()));
    },
  };
}

function serverOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 5432}`;
}
