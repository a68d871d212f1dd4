import { setTimeout as sleep } from "node:timers/promises";
import { signalEmbedded } from "../data/embedded.ts";
import { administer, connect, databaseOf, type Admin } from "./administer.ts";
import { redeliver } from "./redeliver.ts";

/** What can be done to the embedded PostgreSQL of a development session. */
export interface DatabaseFaults {
  /** Those of these services that have a database on this server. */
  stored(services: readonly string[]): Promise<string[]>;
  /**
   * Ends it, and waits until its keeper has started it again. `"restart"`: open transactions are rolled back and clients
   * told (PostgreSQL's fast shutdown). `"crash"`: as when the power fails, so that it has to recover from its log.
   */
  restart(how: "restart" | "crash"): Promise<void>;
  /** Ends so many of the application's connections on the server's side, whatever they are at. Gives how many. */
  killBackends(most: number): Promise<number>;
  /** Takes every connection that the server has left, and those that others give back. Gives how many were taken, until it is over. */
  takeConnections(ms: number, signal: AbortSignal): Promise<number>;
  /** Locks the commands and events of a service, so that its pool runs dry behind the lock. */
  lock(service: string, ms: number, signal: AbortSignal): Promise<void>;
  /** See {@link redeliver}. */
  redeliver(most: number, signal: AbortSignal): Promise<number>;
}

export interface DatabaseFaultsOptions {
  readonly dataDir: string;
  /** The administrator's. */
  readonly url: string;
  readonly app: string;
}

/** Never more than a server of this size has; PostgreSQL keeps three for its superuser. */
const MOST_CONNECTIONS = 400;
const BACK_MS = 60_000;

/** @throws whatever PostgreSQL says; nothing stays locked or taken then */
export function databaseFaults({ dataDir, url, app }: DatabaseFaultsOptions): DatabaseFaults {
  const prefix = `${databaseOf(app, "")}`;

  async function answers(): Promise<string | undefined> {
    try {
      return await administer(url, undefined, async (sql) => {
        const [row] = await sql<{ at: string }[]>`select pg_postmaster_start_time()::text as at`;
        return row!.at;
      });
    } catch {
      return undefined;
    }
  }

  return {
    async stored(services) {
      return await administer(url, undefined, async (sql) => {
        const rows = await sql<{ name: string }[]>`
          select datname as name from pg_database where starts_with(datname, ${prefix})`;
        const names = new Set(rows.map(({ name }) => name));
        return services.filter((service) => names.has(databaseOf(app, service)));
      });
    },

    async restart(how) {
      const before = await answers();
      signalEmbedded(dataDir, how === "restart" ? "SIGINT" : "SIGQUIT");
      for (const until = Date.now() + BACK_MS; Date.now() < until; await sleep(50)) {
        const now = await answers();
        if (now !== undefined && now !== before) return;
      }
      throw new Error(`PostgreSQL did not come back within ${BACK_MS / 1_000} s.`);
    },

    async killBackends(most) {
      return await administer(url, undefined, async (sql) => {
        const rows = await sql<{ gone: boolean }[]>`
          select pg_terminate_backend(pid) as gone from (
            select pid from pg_stat_activity
            where starts_with(datname, ${prefix}) and application_name <> 'kerf chaos' order by random() limit ${most}
          ) victims`;
        return rows.filter(({ gone }) => gone).length;
      });
    },

    async takeConnections(ms, signal) {
      const taken: Admin[] = [];
      try {
        // A role of no privilege: the administrator could take those that are kept for administrators too.
        const role = await administer(url, undefined, lowlyRole);
        const lowly = new URL(url);
        lowly.username = role.name;
        lowly.password = role.password;
        let until = Date.now() + BACK_MS;
        let full = false;
        while (Date.now() < until && !signal.aborted) {
          const some = Array.from({ length: full ? 2 : 20 }, () => connect(lowly.href));
          const ends = await Promise.allSettled(some.map((sql) => sql`select 1`));
          for (const [i, sql] of some.entries())
            if (ends[i]!.status === "fulfilled") taken.push(sql);
            else void sql.end({ timeout: 0 }).catch(() => {});
          if (!full && !ends.some(isFull) && taken.length < MOST_CONNECTIONS) continue;
          if (!full) until = Date.now() + ms;
          full = true;
          // What others give back meanwhile is taken too.
          await sleep(Math.min(100, ms), undefined, { signal }).catch(() => {});
        }
        return taken.length;
      } finally {
        await Promise.allSettled(taken.map((sql) => sql.end({ timeout: 1 })));
      }
    },

    async lock(service, ms, signal) {
      await administer(url, databaseOf(app, service), async (sql) => {
        // Not the driver's own transaction, which does not survive the loss of its connection. Should this process stop in
        // the middle, the server ends the lock.
        await sql.unsafe(`begin; set local lock_timeout = '5s';
          set local idle_in_transaction_session_timeout = '${Math.round(ms) + 2_000}ms';
          lock table kerf.command, kerf.outbox, kerf.inbox in access exclusive mode`);
        await sleep(ms, undefined, { signal }).catch(() => {});
        await sql.unsafe("rollback").catch(() => {});
      });
    },

    redeliver: (most, signal) => redeliver({ url, app, most, signal }),
  };
}

/** `too_many_connections`: other failures, on a busy machine, do not mean that there are none left. */
function isFull(end: PromiseSettledResult<unknown>): boolean {
  return end.status === "rejected" && (end.reason as { code?: string }).code === "53300";
}

async function lowlyRole(sql: Admin): Promise<{ name: string; password: string }> {
  const name = "kerf_chaos";
  const password = Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("base64url");
  const [known] = await sql`select from pg_roles where rolname = ${name}`;
  await sql.unsafe(`${known ? "alter" : "create"} role ${name} login password '${password}'`);
  await sql.unsafe(`grant connect on database postgres to ${name}`);
  return { name, password };
}
