import type { ServiceHost } from "../service/host.ts";

/** One timer for all services of a unit: looks at each every `pollMs` ± 20 %, or when something of it is due. */
export class Ticker {
  readonly #next = new Map<ServiceHost, number>();
  readonly #pollMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(hosts: readonly ServiceHost[], pollMs: number, leaseMs: number) {
    // A heart must beat at least thrice per lease.
    this.#pollMs = Math.min(pollMs, leaseMs / 3);
    for (const host of hosts) this.#next.set(host, 0);
  }

  /** Looks at a service in `inMs`, if it would not be looked at before. */
  hurry(service: string, inMs: number): void {
    for (const [host, at] of this.#next) {
      const wanted = Date.now() + inMs;
      if (host.name !== service || wanted >= at) continue;
      this.#next.set(host, wanted);
      this.#plan();
    }
  }

  start(): void {
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #plan(): void {
    if (this.#stopped || this.#next.size === 0) return;
    clearTimeout(this.#timer);
    const wait = Math.max(5, Math.min(...this.#next.values(), Date.now() + this.#pollMs) - Date.now());
    this.#timer = setTimeout(() => {
      this.#running = this.#round().finally(() => this.#plan());
    }, wait);
  }

  async #round(): Promise<void> {
    const now = Date.now();
    const due = [...this.#next].filter(([, at]) => at <= now).map(([host]) => host);
    for (const host of due) this.#next.set(host, Infinity);
    await Promise.all(
      due.map(async (host) => {
        const tick = await host.tick();
        const pollMs = this.#pollMs * (0.8 + Math.random() * 0.4);
        const next = Date.now() + Math.max(20, Math.min(pollMs, tick?.nextInMs ?? pollMs));
        this.#next.set(host, Math.min(next, this.#next.get(host)!));
      }),
    );
  }
}
