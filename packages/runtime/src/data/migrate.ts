import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { isServerError, statementError, unavailable } from "./errors.ts";

export interface Migration {
  /** `NNNN_name.sql`, which also is the order. */
  name: string;
  sql: string;
}

export interface MigrateOptions {
  /** Folder of `NNNN_name.sql` files. */
  directory: URL;
  /** Whose migrations these are; one database may hold those of several. */
  service: string;
  log?: (line: string) => void;
}

/** A migration is wrong, or was changed; the message names the file and what to do. */
export class MigrationError extends Error {
  override name = "MigrationError";
}

const NAME = /^(\d{4})_[a-z0-9_-]+\.sql$/;
/** A first line that lets a file run outside of a transaction, as `create index concurrently` must. */
const NO_TRANSACTION = /^--\s*kerf:\s*no transaction\s*(?:\r?\n|$)/;
/** "kmig" in ASCII. */
const MIGRATE_LOCK = 0x6b6d6967;
const UNDEFINED_TABLE = "42P01";

/**
 * Applies the migrations that the database has not seen, in order, forward only, each in a transaction of
 * its own. What was applied must stay as it was. Safe in several processes at once.
 *
 * @throws MigrationError, or DatabaseError of kind `unavailable`.
 */
export async function migrate(url: string, { directory, service, log }: MigrateOptions): Promise<void> {
  await migrateList(url, { migrations: await readMigrations(directory), service, ...(log ? { log } : {}) });
}

export interface MigrationList {
  migrations: readonly Migration[];
  service: string;
  log?: (line: string) => void;
}

/** The same for a list that is part of the program. */
export async function migrateList(url: string, list: MigrationList): Promise<void> {
  await migrateLists(url, [list]);
}

/** The same for several lists, in this order: one round trip for all of them when there is nothing to do. */
export async function migrateLists(url: string, lists: readonly MigrationList[]): Promise<void> {
  for (const { migrations } of lists) checkNames(migrations);
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    prepare: false,
    connect_timeout: 10,
    onnotice: () => {},
  });
  try {
    const done = await applied(sql, url, lists);
    if (lists.every((list) => pending(list, done).length === 0)) return;
    await sql`select pg_advisory_lock(${MIGRATE_LOCK}::bigint)`;
    await sql.unsafe(`create schema if not exists kerf;
      create table if not exists kerf.migration (
        service text not null,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now(),
        primary key (service, name)
      )`);
    const locked = await applied(sql, url, lists);
    for (const list of lists) {
      for (const migration of pending(list, locked)) {
        const began = performance.now();
        await apply(sql, migration, list.service);
        list.log?.(
          `${list.service}: applied ${migration.name} in ${Math.round(performance.now() - began)} ms`,
        );
      }
    }
  } catch (error) {
    throw error instanceof MigrationError ? error : statementError(error);
  } finally {
    // Ending the session gives the lock back.
    await sql.end({ timeout: 5 });
  }
}

/** The migrations of a folder; anything else with the ending `.sql` is refused rather than skipped. */
export async function readMigrations(directory: URL): Promise<Migration[]> {
  const folder = new URL(directory.href.endsWith("/") ? directory.href : `${directory.href}/`);
  let files: string[];
  try {
    files = await readdir(folder);
  } catch (cause) {
    throw new MigrationError(
      `The folder of migrations ${fileURLToPath(folder)} cannot be read: ${(cause as Error).message}. Make it, or correct "migrations" of the service.`,
      { cause },
    );
  }
  const names = files.filter((file) => file.endsWith(".sql")).toSorted();
  return await Promise.all(
    names.map(async (name) => ({
      name,
      sql: await readFile(new URL(encodeURIComponent(name), folder), "utf8"),
    })),
  );
}

function checkNames(migrations: readonly Migration[]): void {
  const byNumber = new Map<string, string>();
  for (const { name } of migrations) {
    const number = NAME.exec(name)?.[1];
    if (!number) {
      throw new MigrationError(
        `${name} is not a migration's name. Rename it to four digits, "_" and a name in lower case, such as 0001_create_items.sql.`,
      );
    }
    const twin = byNumber.get(number);
    if (twin)
      throw new MigrationError(
        `${twin} and ${name} have the same number. Give the newer one the next free number.`,
      );
    byNumber.set(number, name);
  }
}

type Applied = { service: string; name: string; checksum: string }[];

async function applied(sql: postgres.Sql, url: string, lists: readonly MigrationList[]): Promise<Applied> {
  try {
    return await sql<Applied>`
      select service, name, checksum from kerf.migration
      where service in ${sql(lists.map((list) => list.service))} order by name`;
  } catch (error) {
    if (
      !isServerError(error) ||
      error.code.startsWith("28") ||
      error.code === "3D000" ||
      error.code === "57P03"
    ) {
      throw unavailable(url, error);
    }
    if (error.code === UNDEFINED_TABLE || error.code === "3F000") return [];
    throw error;
  }
}

/** What is left to apply, once it is sure that nothing of the past was changed. */
function pending({ migrations, service }: MigrationList, all: Applied): Migration[] {
  const done = all.filter((migration) => migration.service === service);
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum: recorded } of done) {
    const migration = known.get(name);
    if (!migration) {
      throw new MigrationError(
        `${name} of ${service} was applied to this database and is missing now. Put the file back; to undo what it did, add a new migration.`,
      );
    }
    if (checksum(migration.sql) !== recorded) {
      throw new MigrationError(
        `${name} of ${service} was changed after it was applied to this database. Restore the file (git checkout) and put the change into a new migration; on a database that may be lost, delete its data instead.`,
      );
    }
  }
  const seen = new Set(done.map(({ name }) => name));
  const left = migrations
    .filter(({ name }) => !seen.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const last = done.at(-1)?.name;
  const late = left.find(({ name }) => last !== undefined && name < last);
  if (late) {
    throw new MigrationError(
      `${late.name} of ${service} comes before ${last}, which was applied already. Give it the next free number.`,
    );
  }
  return left;
}

/** Line ends differ between checkouts of the same file. */
function checksum(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
}

async function apply(sql: postgres.Sql, { name, sql: text }: Migration, service: string): Promise<void> {
  const record = `insert into kerf.migration (service, name, checksum) values (${literal(service)}, ${literal(name)}, ${literal(checksum(text))})`;
  if (NO_TRANSACTION.test(text)) {
    // One by one: several statements in one message would be one transaction.
    for (const { statement, offset } of split(text)) {
      await attempt(name, text, offset, () => sql.unsafe(statement).simple());
    }
    await sql.unsafe(record);
    return;
  }
  try {
    // The setting is gone as soon as this transaction is.
    await sql.unsafe(`begin; set local kerf.migration = ${literal(name)}`);
    await attempt(name, text, 0, () => sql.unsafe(text).simple());
    const [state] = await sql`select current_setting('kerf.migration', true) as running`;
    if (state?.["running"] !== name) {
      throw new MigrationError(`${name} ends its transaction. Remove "commit" or "rollback" from it.`);
    }
    await sql.unsafe(record);
    await sql.unsafe("commit");
  } catch (error) {
    await sql.unsafe("rollback").catch(() => {});
    throw error;
  }
}

async function attempt(
  name: string,
  text: string,
  offset: number,
  run: () => Promise<unknown>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isServerError(error)) throw error;
    // PostgreSQL counts characters, JavaScript UTF-16 units.
    const before = Array.from(text.slice(offset))
      .slice(0, Number(error.position ?? 1) - 1)
      .join("");
    const line = (text.slice(0, offset) + before).split("\n").length;
    const place = error.position ? `${name}, line ${line}` : name;
    const more = [error.detail, error.hint].filter(Boolean).map((part) => ` ${part}`);
    throw new MigrationError(`${place}: ${error.message} (${error.code}).${more.join("")}`, { cause: error });
  }
}

/** Cuts at the semicolons that end statements: not those in quotes, dollar quotes and comments. */
export function split(text: string): { statement: string; offset: number }[] {
  const parts: { statement: string; offset: number }[] = [];
  const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|;/g;
  let start = 0;
  const add = (end: number): void => {
    const statement = text.slice(start, end);
    const code = statement.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim();
    if (code !== "") parts.push({ statement, offset: start });
    start = end + 1;
  };
  for (const match of text.matchAll(token)) if (match[0] === ";") add(match.index);
  add(text.length);
  return parts;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
