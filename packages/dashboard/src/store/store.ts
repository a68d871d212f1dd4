import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Kept, Topic } from "../api/index.ts";
import type { Row } from "../otlp/row.ts";
import { schema, VERSION } from "./schema.ts";
import { trim } from "./trim.ts";
import { Writer } from "./writer.ts";

export interface StoreOptions {
  /** The file; `":memory:"` keeps nothing. */
  readonly file: string;
  /** Default 1 GiB. Passed by little, for a moment. */
  readonly maxBytes?: number;
  /** Default 3 days. */
  readonly maxAgeMs?: number;
  /** Rows that may wait to be written. Default 50,000. */
  readonly maxWaiting?: number;
  /** Rows that were written together, and what they are about. */
  readonly onWritten?: (topics: ReadonlySet<Topic>, rows: readonly Row[]) => void;
  /** Rows that were lost, or not removed, and why. */
  readonly onError?: (error: unknown) => void;
}

/** Rows are written together, this long after the first of them came. */
const TICK_MS = 100;
/** Rows of one transaction: what is asked meanwhile waits for so many. */
const BATCH = 2_000;
const TRIM_EVERY_MS = 2_000;

/** What was received, in one file of SQLite. */
export class Store {
  readonly database: DatabaseSync;
  readonly #options: Required<Omit<StoreOptions, "onWritten" | "onError">> &
    Pick<StoreOptions, "onWritten" | "onError">;
  readonly #writer: Writer;
  #waiting: Row[] = [];
  #timer: NodeJS.Timeout | undefined;
  #trimmedAt = 0;
  #dropped = 0;

  constructor(options: StoreOptions) {
    this.#options = { maxBytes: 1 << 30, maxAgeMs: 3 * 86_400_000, maxWaiting: 50_000, ...options };
    this.database = open(options.file);
    this.#writer = new Writer(this.database);
  }

  /** Takes rows to be written soon; false, and none of them, where too many wait. */
  take(rows: readonly Row[]): boolean {
    if (this.#waiting.length > 0 && this.#waiting.length + rows.length > this.#options.maxWaiting) {
      this.#dropped += rows.length;
      return false;
    }
    for (const row of rows) this.#waiting.push(row);
    this.#timer ??= setTimeout(() => this.#tick(), TICK_MS);
    return true;
  }

  /** Writes everything that waits. */
  flush(): void {
    while (this.#waiting.length > 0) this.#write();
  }

  kept(): Kept {
    const one = (sql: string): number =>
      (this.database.prepare(sql).get() as { n: number | null } | undefined)?.n ?? 0;
    // Rows go away in the order in which they came: the ids count them.
    const span = (table: string): number =>
      one(`SELECT (SELECT max(id) FROM ${table}) - (SELECT min(id) FROM ${table}) + 1 AS n`);
    const oldest = one("SELECT start AS n FROM span ORDER BY id LIMIT 1");
    return {
      spans: span("span"),
      logs: span("log"),
      points: span("point"),
      bytes: one(
        "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()) AS n",
      ),
      maxBytes: this.#options.maxBytes,
      maxAgeMs: this.#options.maxAgeMs,
      oldestAt: oldest === 0 ? null : oldest / 1_000,
      dropped: this.#dropped,
    };
  }

  /** Removes what is too old or too much; gives whether there may be more of it. */
  trim(now = Date.now()): boolean {
    return trim(this.database, { ...this.#options, now });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.flush();
    this.database.close();
  }

  #tick(): void {
    this.#write();
    const now = Date.now();
    let more = this.#waiting.length > 0;
    if (!more && now - this.#trimmedAt >= TRIM_EVERY_MS) {
      try {
        more = this.trim(now);
      } catch (error) {
        this.#options.onError?.(error);
      }
      if (!more) this.#trimmedAt = now;
    }
    // A request that waits comes between two batches.
    this.#timer = more ? setTimeout(() => this.#tick(), 1) : undefined;
  }

  #write(): void {
    const batch = this.#waiting.length <= BATCH ? this.#waiting : this.#waiting.slice(0, BATCH);
    this.#waiting = batch === this.#waiting ? [] : this.#waiting.slice(BATCH);
    if (batch.length === 0) return;
    let topics: ReadonlySet<Topic>;
    try {
      topics = this.#writer.write(batch);
    } catch (error) {
      // The disk is full, or somebody else holds the file: what comes later may be written again.
      this.#dropped += batch.length;
      return this.#options.onError?.(error);
    }
    this.#options.onWritten?.(topics, batch);
  }
}

function open(file: string): DatabaseSync {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
  let database = prepared(file);
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version !== 0 && version !== VERSION) {
    // Telemetry of another version of this schema is not worth a migration.
    database.close();
    remove(file);
    database = prepared(file);
  }
  if (version !== VERSION) database.exec(`BEGIN; ${schema} PRAGMA user_version = ${VERSION}; COMMIT`);
  return database;
}

function prepared(file: string): DatabaseSync {
  try {
    return configured(file);
  } catch (error) {
    if (!/not a database|malformed/.test((error as Error).message)) throw error;
    remove(file);
    return configured(file);
  }
}

function configured(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 2_000 });
  // What an application does is nobody else's business; SQLite gives its other files the same mode.
  if (file !== ":memory:") chmodSync(file, 0o600);
  try {
    // What is lost when the machine dies is the last second of telemetry.
    database.exec(
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; " +
        "PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16000000",
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function remove(file: string): void {
  for (const end of ["", "-wal", "-shm"]) if (existsSync(file + end)) rmSync(file + end);
}
