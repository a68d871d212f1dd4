/**
 * What a database operation can end in. Only `commit-unknown` leaves open whether the transaction took
 * effect; after every other kind nothing of it was committed.
 *
 * - `connection-lost`: the connection broke before COMMIT was sent.
 * - `commit-unknown`: it broke between sending COMMIT and its reply. Settle it by inserting again.
 * - `serialization`: 40001 or 40P01; run the transaction again.
 * - `timeout`: the deadline passed, in a statement (57014), between two, or in the queue for a connection.
 * - `aborted`: the caller's signal; its reason is the cause.
 * - `unavailable`: no connection could be made.
 * - `unique`: 23505, with the constraint.
 * - `statement`: anything else, with the SQLSTATE and the position in the text.
 */
export type DatabaseErrorKind =
  | "connection-lost"
  | "commit-unknown"
  | "serialization"
  | "timeout"
  | "aborted"
  | "unavailable"
  | "unique"
  | "statement";

export interface DatabaseErrorDetail {
  sqlstate?: string;
  constraint?: string;
  table?: string;
  /** 1-based character in the statement's text. */
  position?: number;
  cause?: unknown;
}

export class DatabaseError extends Error {
  override name = "DatabaseError";
  readonly kind: DatabaseErrorKind;
  readonly sqlstate: string | undefined;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  readonly position: number | undefined;

  constructor(kind: DatabaseErrorKind, message: string, detail: DatabaseErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.kind = kind;
    this.sqlstate = detail.sqlstate;
    this.constraint = detail.constraint;
    this.table = detail.table;
    this.position = detail.position;
  }
}

/** The fields that the driver sets on a reply of PostgreSQL. */
interface ServerError extends Error {
  code: string;
  detail?: string;
  hint?: string;
  position?: string;
  constraint_name?: string;
  table_name?: string;
  severity?: string;
}

const SERIALIZATION = new Set(["40001", "40P01"]);
const TIMEOUT = new Set(["57014", "25P03", "25P04"]);

/** Whether this is PostgreSQL's reply, rather than a failure of the connection. */
export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && "severity" in error;
}

/** Whether PostgreSQL says that it ends the connection: a shutdown, or a backend killed by somebody. */
function endsConnection({ code }: ServerError): boolean {
  return code.startsWith("08") || code === "57P01" || code === "57P02" || code === "57P05";
}

/** Sorts a failure of a statement into the catalogue. */
export function statementError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (!isServerError(error) || endsConnection(error)) {
    return new DatabaseError("connection-lost", `The connection to PostgreSQL was lost: ${reasonOf(error)}`, {
      cause: error,
      ...(isServerError(error) ? { sqlstate: error.code } : {}),
    });
  }
  const kind = SERIALIZATION.has(error.code)
    ? "serialization"
    : TIMEOUT.has(error.code)
      ? "timeout"
      : error.code === "23505"
        ? "unique"
        : "statement";
  const text = [error.message, error.detail, error.hint].filter(Boolean).join(". ");
  return new DatabaseError(kind, `${text} (${error.code})`, {
    sqlstate: error.code,
    cause: error,
    ...(error.constraint_name ? { constraint: error.constraint_name } : {}),
    ...(error.table_name ? { table: error.table_name } : {}),
    ...(error.position ? { position: Number(error.position) } : {}),
  });
}

/** A connection could not be made: says where, why, and what to check. Never shows the password. */
export function unavailable(url: string, error: unknown): DatabaseError {
  const { hostname, port, pathname, username } = new URL(url);
  const place = `PostgreSQL at ${hostname}:${port || 5432}`;
  const code = (error as { code?: string } | undefined)?.code ?? "";
  return new DatabaseError("unavailable", `${place} is unavailable: ${reasonOf(error)}. ${advice()}`, {
    cause: error,
    ...(isServerError(error) ? { sqlstate: code } : {}),
  });

  function advice(): string {
    switch (code) {
      case "ECONNREFUSED":
        return "Check that it runs and listens on that host and port.";
      case "ENOTFOUND":
      case "EAI_AGAIN":
        return "Check the host's name.";
      case "28P01":
      case "28000":
        return `Check the password and the rights of user "${decodeURIComponent(username)}".`;
      case "3D000":
        return `Check the name of the database "${decodeURIComponent(pathname.slice(1))}".`;
      case "53300":
        return "All its connections are taken: lower the connection budget or raise max_connections.";
      case "57P03":
        return "It is starting or stopping; this mends itself.";
      default:
        return "Check the host, the port, and what lies between.";
    }
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message && error.errors.length > 0) {
    return reasonOf(error.errors[0]);
  }
  return error instanceof Error ? error.message : String(error);
}

export function deadlinePassed(): DatabaseError {
  return new DatabaseError("timeout", "The deadline of the transaction has passed.");
}

export function usedAfterEnd(): DatabaseError {
  return new DatabaseError(
    "statement",
    "The transaction has ended: a statement was used after it, or not waited for.",
  );
}
