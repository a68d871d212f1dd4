import { connect, type Socket } from "node:net";
import postgres from "postgres";
import { isServerError } from "./errors.ts";
import { driverTypes } from "./values.ts";

export interface ConnectionOptions {
  /** Shown in pg_stat_activity. */
  name: string;
  /** False behind a pooler that cannot keep prepared statements. */
  prepare: boolean;
  connectTimeoutMs: number;
  /**
   * Refuses writes outside of an explicit transaction. What is sent behind a BEGIN without waiting would
   * otherwise commit by itself should the BEGIN fail. Not behind a pooler, which refuses the setting.
   */
  guarded?: boolean;
  onNotify?: (channel: string, payload: string) => void;
}

export interface Reply {
  rows: Record<string, unknown>[];
  /** The command's tag, such as `COMMIT`, or `ROLLBACK` in reply to a COMMIT that could not be. */
  command: string;
}

/** What the driver keeps of a statement beyond its types (postgres 3.4.9, whose version is pinned). */
interface DriverQuery extends Promise<postgres.RowList<postgres.Row[]>> {
  parameters: (string | null)[] | null;
  prepared: boolean;
  state: { pid: number; secret: number } | null;
}

/** The driver held to one socket: it would reconnect silently, and lose queued statements when it fails to. */
export class Link {
  readonly sql: postgres.Sql;
  readonly closed: Promise<void>;
  lost = false;
  readonly #pending = new Set<(reason: unknown) => void>();
  readonly #timeoutMs: number;
  #socket: Socket | undefined;
  #address: { host: string; port: number } | undefined;
  #backend: { pid: number; secret: number } | undefined;
  #lastChunk: Buffer | undefined;
  #onClosed!: () => void;
  #connecting = false;

  constructor(url: string, { name, prepare, connectTimeoutMs, guarded, onNotify }: ConnectionOptions) {
    this.#timeoutMs = connectTimeoutMs;
    this.closed = new Promise((resolve) => (this.#onClosed = resolve));
    this.sql = postgres(url, {
      max: 1,
      prepare,
      fetch_types: false,
      types: driverTypes(),
      connect_timeout: connectTimeoutMs / 1000,
      idle_timeout: 0,
      max_lifetime: null,
      connection: {
        application_name: name,
        TimeZone: "UTC",
        DateStyle: "ISO",
        ...(guarded ? { default_transaction_read_only: "on" } : {}),
      },
      onnotice: () => {},
      onclose: () => this.#gone(),
      onnotify: (channel: string, payload: string) => onNotify?.(channel, payload),
      socket: (target: { host: string[]; port: number[] }) => this.#connect(target),
    } as object) as postgres.Sql;
  }

  /** Completes the start-up, so that a failure to connect is never taken for one of a statement. */
  async greet(): Promise<void> {
    const query = this.sql.unsafe("select 1") as unknown as DriverQuery;
    await this.#track(query);
    if (query.state) this.#backend = { ...query.state };
  }

  send(text: string, parameters: (string | null)[] | undefined): Promise<Reply> {
    if (this.lost) return Promise.reject(new Error("the connection is closed"));
    if (!parameters)
      return this.#track(this.sql.unsafe(text, [], { prepare: false }) as unknown as DriverQuery);
    const options = {
      prepare: true,
      simple: false,
      // Else the driver would run a statement again, after the commit that was sent behind it, when its
      // plan turned out to be outdated.
      onexecute: () => {
        query.prepared = false;
        return true;
      },
    };
    const query = this.sql.unsafe(text, [], options as object) as unknown as DriverQuery;
    // Given as arguments, the driver would wait for their types before it sends them: one more round trip,
    // and an end to pipelining. They are text already, so the types do not matter.
    query.parameters = parameters;
    return this.#track(query);
  }

  #track(query: DriverQuery): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      query.then(
        (result) => {
          this.#pending.delete(reject);
          resolve({ rows: result.slice() as Record<string, unknown>[], command: result.command ?? "" });
        },
        (error: unknown) => {
          this.#pending.delete(reject);
          // The driver drops the reason that came just before the connection was closed.
          reject(isServerError(error) ? error : (this.#farewell() ?? error));
        },
      );
    });
  }

  async cancel(): Promise<void> {
    const backend = this.#backend;
    const address = this.#address;
    if (!backend || !address || this.lost) return;
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(80_877_102, 4);
    request.writeUInt32BE(backend.pid, 8);
    request.writeUInt32BE(backend.secret, 12);
    await new Promise<void>((resolve) => {
      const socket = connect(address, () => socket.end(request));
      socket.setTimeout(this.#timeoutMs, () => socket.destroy());
      socket.on("error", () => {});
      socket.once("close", () => resolve());
      socket.resume();
    });
  }

  end(): void {
    if (this.lost) return;
    this.sql.end({ timeout: 1 }).catch(() => {});
    setTimeout(() => this.destroy(), 2_000).unref();
  }

  destroy(): void {
    this.#socket?.destroy();
    // Before the start-up is complete the driver does not tell that the socket closed.
    if (!this.#backend) this.#gone();
  }

  async #connect({ host, port }: { host: string[]; port: number[] }): Promise<Socket> {
    // The driver asks again when the connection breaks.
    if (this.#connecting) throw new Error("the connection is closed");
    this.#connecting = true;
    let failure: unknown;
    for (const [i, name] of host.entries()) {
      const address = { host: name, port: port[i] ?? port[0] ?? 5432 };
      try {
        const socket = await dial(address, this.#timeoutMs);
        this.#address = address;
        this.#socket = socket;
        socket.on("data", (chunk) => (this.#lastChunk = chunk));
        return socket;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #gone(): void {
    if (this.lost) return;
    this.lost = true;
    const reason = this.#farewell() ?? new Error("the server closed the connection");
    for (const reject of this.#pending) reject(reason);
    this.#pending.clear();
    this.sql.end({ timeout: 0 }).catch(() => {});
    this.#onClosed();
  }

  /** The FATAL reply at the end of what was received last, if that is readable. */
  #farewell(): Error | undefined {
    const chunk = this.#lastChunk;
    if (!chunk || !this.#socket?.destroyed) return undefined;
    for (let i = 0; i + 6 < chunk.length; i++) {
      if (chunk[i] !== 0x45 || chunk.readUInt32BE(i + 1) !== chunk.length - i - 1) continue;
      const fields = new Map(
        chunk
          .toString("utf8", i + 5)
          .split("\0")
          .filter(Boolean)
          .map((field) => [field[0], field.slice(1)]),
      );
      const severity = fields.get("V");
      const code = fields.get("C");
      if (severity === "FATAL" && code) {
        return Object.assign(new Error(fields.get("M") ?? severity), { severity, code });
      }
    }
    return undefined;
  }
}

async function dial(address: { host: string; port: number }, timeoutMs: number): Promise<Socket> {
  const socket = connect({ ...address, noDelay: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
      socket.setTimeout(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    });
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw error;
  }
  socket.setTimeout(0);
  socket.removeAllListeners("error");
  return socket;
}
