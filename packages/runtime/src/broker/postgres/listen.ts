import { connect, type Sql } from "./link.ts";

export interface ListenerOptions {
  readonly url: string;
  /** A payload arrived. */
  readonly onNotify: (payload: string) => void;
  /** Listening (again): whatever was notified before was missed. */
  readonly onUp: () => void;
  readonly onDown: () => void;
}

const ANSWER_MS = 10_000;

/** The one connection of a process that is told of other processes' doings. */
export class Listener {
  readonly #options: ListenerOptions;
  #sql: Sql | undefined;
  #listening = false;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Connects if need be, else asks whether the connection is still alive: a dead one is silent. */
  async ensure(): Promise<void> {
    if (this.#closed) return;
    const sql = (this.#sql ??= this.#open());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("The broker's database does not answer.")), ANSWER_MS);
    });
    try {
      if (this.#listening) {
        await Promise.race([sql`select 1`, late]);
        return;
      }
      await Promise.race([sql`listen kerf_broker`, late]);
      this.#listening = true;
      this.#options.onUp();
    } catch (cause) {
      this.#drop(sql);
      throw cause;
    } finally {
      clearTimeout(timer);
    }
  }

  #open(): Sql {
    const sql = connect(this.#options.url, {
      max: 1,
      max_lifetime: null,
      prepare: false,
      onclose: () => {
        if (this.#sql !== sql) return;
        this.#drop(sql);
        this.#options.onDown();
      },
      // The driver's own `listen` gives up when its first reconnect fails.
      onnotify: (_channel, payload) => this.#options.onNotify(payload),
    });
    return sql;
  }

  #drop(sql: Sql): void {
    if (this.#sql === sql) this.#sql = undefined;
    this.#listening = false;
    void sql.end({ timeout: 0 }).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sql = this.#sql;
    this.#sql = undefined;
    await sql?.end({ timeout: 1 });
  }
}
