import { DatabaseError, isServerError, statementError, unavailable } from "./errors.ts";
import { Link, type ConnectionOptions, type Reply } from "./link.ts";

export type { Reply } from "./link.ts";

/** Distinct statements after which a connection is not used again, since each stays prepared in its backend. */
const STATEMENTS_LIMIT = 500;

/**
 * One connection to one database, until it breaks: it never reconnects by itself. What is sent without
 * waiting goes out in one packet and is answered in order.
 */
export class Connection {
  readonly url: string;
  readonly openedAt = Date.now();
  /** The server knows `transaction_timeout` (PostgreSQL 17). */
  readonly hasTransactionTimeout: boolean;
  /** Resolves, and never rejects, once the socket is closed. */
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #texts = new Set<string>();
  #outdated = false;
  #cancelled = false;

  constructor(url: string, link: Link) {
    this.url = url;
    this.#link = link;
    this.closed = link.closed;
    this.hasTransactionTimeout = Number.parseInt(String(link.sql.parameters["server_version"]), 10) >= 17;
  }

  get lost(): boolean {
    return this.#link.lost;
  }

  /** The schema changed under its prepared statements; those of its siblings are outdated too. */
  get outdated(): boolean {
    return this.#outdated;
  }

  /** Whether it should not be used by another transaction. */
  get worn(): boolean {
    return this.#outdated || this.#cancelled || this.#texts.size > STATEMENTS_LIMIT;
  }

  /** A statement with its encoded parameters, prepared. Errors are of the catalogue. */
  async query(text: string, parameters: (string | null)[] = []): Promise<Reply> {
    this.#texts.add(text);
    try {
      return await this.#link.send(text, parameters);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** One or several commands without parameters, in one message. */
  async command(text: string): Promise<Reply> {
    try {
      return await this.#link.send(text, undefined);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Asks the server to stop the running statement. The connection should not be used again: it may come late. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    await this.#link.cancel();
  }

  /** Says goodbye and waits until the socket is closed. */
  async close(): Promise<void> {
    this.#link.end();
    await this.closed;
  }

  destroy(): void {
    this.#link.destroy();
  }

  #failed(error: unknown): DatabaseError {
    if (!isServerError(error)) return statementError(error);
    // A migration changed a table under a prepared statement, or a pooler lost it: a new connection helps.
    if ((error as { routine?: string }).routine === "RevalidateCachedQuery" || error.code === "26000") {
      this.#outdated = true;
      return new DatabaseError(
        "serialization",
        `${error.message}: the schema changed meanwhile (${error.code})`,
        {
          sqlstate: error.code,
          cause: error,
        },
      );
    }
    return statementError(error);
  }
}

/** @throws DatabaseError of kind `unavailable`. */
export async function openConnection(url: string, options: ConnectionOptions): Promise<Connection> {
  const link = new Link(url, options);
  try {
    await link.greet();
    return new Connection(url, link);
  } catch (error) {
    link.destroy();
    throw unavailable(url, error);
  }
}
