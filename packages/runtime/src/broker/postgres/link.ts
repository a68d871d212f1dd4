import postgres from "postgres";

/** An array as PostgreSQL writes it: texts are quoted, with a backslash before each quote and backslash in them. */
function arrayLiteral(values: readonly (number | string)[]): string {
  const items = values.map((value) =>
    typeof value === "number" ? String(value) : `"${value.replaceAll(/[\\"]/g, "\\$&")}"`,
  );
  return `{${items.join(",")}}`;
}

const arrayOf = (oid: number) => ({ to: oid, from: [], parse: String, serialize: arrayLiteral });

/** By the ids of PostgreSQL's types. Our bigints are offsets, fences and row ids: all far below 2^53. */
const types = {
  bigint: { to: 20, from: [20], parse: Number, serialize: String },
  smallints: arrayOf(1005),
  ints: arrayOf(1007),
  bigints: arrayOf(1016),
  texts: arrayOf(1009),
};

export type Sql = postgres.Sql<{ bigint: number }>;

export interface LinkOptions {
  readonly url: string;
  readonly max: number;
  /** A statement without an answer for so long is given up, and its connection with it. Default 15 s. */
  readonly statementMs?: number;
}

/** `onnotify` is missing from the driver's types. */
type DriverOptions = postgres.Options<Record<string, postgres.PostgresType>> & {
  readonly onnotify?: (channel: string, payload: string) => void;
};

export function connect(url: string, options: DriverOptions): Sql {
  return postgres(url, {
    types,
    // Asking for them is a statement whose failure the driver does not catch: it would end the process.
    fetch_types: false,
    onnotice: () => {},
    connect_timeout: 10,
    connection: { application_name: "kerf broker" },
    // The broker paces itself; a driver that waits as well would hold up whoever comes first afterwards.
    backoff: () => 0.05,
    ...options,
  }) as unknown as Sql;
}

/**
 * The broker's pool. A connection into a black hole answers neither yes nor no for a quarter of an hour,
 * so a pool that leaves a statement unanswered is replaced.
 */
export class Link {
  readonly #open: () => Sql;
  readonly #statementMs: number;
  #sql: Sql | undefined;
  #closed = false;

  constructor({ url, max, statementMs = 15_000 }: LinkOptions) {
    this.#open = () => connect(url, { max });
    this.#statementMs = statementMs;
  }

  /** Runs one statement. A rejection does not mean that the statement had no effect. */
  async run<T>(statement: (sql: Sql) => PromiseLike<T>): Promise<T> {
    if (this.#closed) throw new Error("This broker is closed: make a new one.");
    const sql = (this.#sql ??= this.#open());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        if (this.#sql === sql) this.#sql = undefined;
        void sql.end({ timeout: 0 }).catch(() => {});
        reject(new Error(`The broker's database did not answer within ${this.#statementMs} ms.`));
      }, this.#statementMs);
    });
    try {
      return await Promise.race([statement(sql), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#sql?.end({ timeout: 2 });
  }
}
