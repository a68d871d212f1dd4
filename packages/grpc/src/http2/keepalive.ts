export interface KeepaliveOptions {
  /** Silence after which a PING asks whether the peer is there. */
  readonly intervalMs: number;
  /** Time for the answer, after which the connection counts as lost; 20 s when not given. */
  readonly timeoutMs?: number;
  /** Clients: also when no call is open. Servers that do not expect it may close the connection. */
  readonly withoutCalls?: boolean;
}

const PAYLOAD = Buffer.from("keepaliv");

/** Finds connections that are dead without a word. Anything that is heard counts as an answer. */
export class Keepalive {
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #on: { ping(payload: Buffer): void; lost(): void; busy(): boolean };
  #heard = true;
  #pinged = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeepaliveOptions, on: { ping(payload: Buffer): void; lost(): void; busy(): boolean }) {
    this.#intervalMs = options.intervalMs;
    this.#timeoutMs = options.timeoutMs ?? 20_000;
    this.#on = on;
    this.#wait(this.#intervalMs);
  }

  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#check(), ms).unref();
  }

  #check(): void {
    const { ping, lost, busy } = this.#on;
    if (this.#heard || !busy()) {
      this.#heard = false;
      this.#pinged = false;
      return this.#wait(this.#intervalMs);
    }
    if (this.#pinged) return lost();
    this.#pinged = true;
    ping(PAYLOAD);
    this.#wait(this.#timeoutMs);
  }
}
