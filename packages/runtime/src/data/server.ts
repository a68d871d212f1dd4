import { createHmac } from "node:crypto";
import postgres from "postgres";
import { attachEmbedded } from "./embedded.ts";
import { DatabaseError, isServerError, statementError, unavailable } from "./errors.ts";

export interface ServerOptions {
  /** A server of one's own, by the URL of a user who may create roles and databases. */
  url?: string;
  /** Folder of the embedded server, used when there is no `url`. */
  dataDir?: string;
  log?: (line: string) => void;
  signal?: AbortSignal;
}

export interface DatabaseServer {
  readonly kind: "embedded" | "external";
  readonly adminUrl: string;
  /**
   * Makes sure that each of these databases exists, owned by a role of the same name that may connect to
   * it and, on the embedded server, to no other. Gives the URL of each. Safe in several processes at once.
   */
  provision(names: readonly string[]): Promise<Map<string, string>>;
  /** Those of these databases that exist, with their URLs. Makes nothing. */
  locate(names: readonly string[]): Promise<Map<string, string>>;
  close(options?: { now?: boolean }): Promise<void>;
}

/** Opens the server by URL if there is one, else the embedded one of the data folder. */
export async function openServer({ url, dataDir, log, signal }: ServerOptions): Promise<DatabaseServer> {
  if (url !== undefined) {
    checkUrl(url);
    return {
      kind: "external",
      adminUrl: url,
      provision: provisioner(url, false),
      locate: locator(url),
      close: async () => {},
    };
  }
  if (dataDir === undefined) throw new TypeError("openServer needs either a url or a dataDir.");
  const server = await attachEmbedded({ dataDir, ...(log ? { log } : {}), ...(signal ? { signal } : {}) });
  return {
    kind: "embedded",
    adminUrl: server.url,
    provision: provisioner(server.url, true),
    locate: locator(server.url),
    close: (options) => server.release(options),
  };
}

function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^postgres(ql)?:$/.test(parsed.protocol) && parsed.hostname && parsed.username) return;
  // The value itself may hold a password.
  throw new DatabaseError(
    "unavailable",
    "The database's URL (KERF_DATABASE_URL) is not of the form postgres://user:password@host:port/database.",
  );
}

type Admin = postgres.Sql<Record<string, unknown>>;

/** "kerf" in ASCII: who holds this lock is the one who creates. */
const PROVISION_LOCK = 0x6b657266;

function provisioner(adminUrl: string, embedded: boolean): DatabaseServer["provision"] {
  return async (names) => {
    for (const name of names) checkName(name);
    const urls = new Map(names.map((name) => [name, roleUrl(adminUrl, name)]));
    if (names.length === 0) return urls;
    await withAdmin(adminUrl, async (sql) => {
      const missing = await findMissing(sql, names);
      const stale = missing.length === 0 && !embedded && !(await opens(urls.get(names[0]!)!));
      if (missing.length === 0 && !stale) return;
      await sql`select pg_advisory_lock(${PROVISION_LOCK}::bigint)`;
      try {
        if (embedded) await closeToRoles(sql, ["postgres", "template1"]);
        for (const name of stale ? names : await findMissing(sql, names))
          await create(sql, name, urls.get(name)!);
      } finally {
        await sql`select pg_advisory_unlock(${PROVISION_LOCK}::bigint)`;
      }
    });
    return urls;
  };
}

function locator(adminUrl: string): DatabaseServer["locate"] {
  return async (names) => {
    for (const name of names) checkName(name);
    if (names.length === 0) return new Map();
    const missing = await withAdmin(adminUrl, (sql) => findMissing(sql, names));
    return new Map(
      names.filter((name) => !missing.includes(name)).map((name) => [name, roleUrl(adminUrl, name)]),
    );
  };
}

/** Those that do not exist in full: a creator may have died between any two steps. */
async function findMissing(sql: Admin, names: readonly string[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select n as name from unnest(${`{${names.join(",")}}`}::text[]) n
    where not exists (
      select from pg_database d join pg_roles r on r.oid = d.datdba
      where d.datname = n and r.rolname = n and not has_database_privilege('public', d.oid, 'connect'))`;
  return rows.map((row) => row.name);
}

async function create(sql: Admin, name: string, url: string): Promise<void> {
  const id = quote(name);
  const password = decodeURIComponent(new URL(url).password);
  const [state] = await sql<{ role: boolean; owned: boolean; database: boolean; super: boolean }[]>`
    select exists (select from pg_roles where rolname = ${name}) as role,
      exists (select from pg_database d join pg_roles r on r.oid = d.datdba where datname = ${name} and rolname = ${name}) as owned,
      exists (select from pg_database where datname = ${name}) as database,
      (select rolsuper from pg_roles where rolname = current_user) as super`;
  if (state!.database && !state!.owned) {
    throw new DatabaseError(
      "statement",
      `The database "${name}" exists and belongs to another role than "${name}". Rename it, or give it away with: alter database ${id} owner to ${id}.`,
    );
  }
  await sql.unsafe(`${state!.role ? "alter" : "create"} role ${id} login password '${password}'`);
  if (!state!.database) {
    // Only a superuser may give a database to a role that it does not belong to.
    if (!state!.super) await sql.unsafe(`grant ${id} to current_user`);
    // template0: nobody is connected to it, which would make this fail.
    await sql.unsafe(`create database ${id} owner ${id} template template0 encoding 'UTF8'`);
  }
  await closeToRoles(sql, [name]);
}

async function closeToRoles(sql: Admin, names: string[]): Promise<void> {
  for (const name of names) await sql.unsafe(`revoke all on database ${quote(name)} from public`);
}

/** The password follows from the administrator's, so nobody has to store it; changed when that one was. */
function roleUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  const secret = decodeURIComponent(url.password);
  url.username = name;
  url.password = createHmac("sha256", secret).update(`kerf role ${name}`).digest("base64url");
  url.pathname = `/${name}`;
  return url.href;
}

async function opens(url: string): Promise<boolean> {
  const sql = connectAdmin(url);
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    if (isServerError(error) && error.code.startsWith("28")) return false;
    throw unavailable(url, error);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function withAdmin<T>(url: string, fn: (sql: Admin) => Promise<T>): Promise<T> {
  const sql = connectAdmin(url);
  try {
    await sql`select 1`.catch((error: unknown) => {
      throw unavailable(url, error);
    });
    return await fn(sql);
  } catch (error) {
    throw statementError(error);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function connectAdmin(url: string): Admin {
  return postgres(url, {
    max: 1,
    fetch_types: false,
    connect_timeout: 10,
    prepare: false,
    onnotice: () => {},
  });
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9_-]{0,62}$/.test(name)) return;
  throw new TypeError(
    `"${name}" cannot be a database's name: use lower-case letters, digits, "_" and "-", starting with a letter, at most 63.`,
  );
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
