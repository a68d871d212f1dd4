import type { Clock } from "../clock/clock.ts";
import type { ServiceHost } from "../service/host.ts";

type Looked = Pick<ServiceHost, "name" | "tick">;

/** One timer for all services of a unit: looks at each every `pollMs` ± 20 %, or when something of it is due. */
export class Ticker {
  readonly #next = new Map<Looked, number>();
  /** They look now. Whoever is asked meanwhile looks again: it may have begun before there was anything to see. */
  readonly #looking = new Set<Looked>();
  readonly #pollMs: number;
  readonly #clock: Clock;
  readonly #beside: () => void;
  #forget: () => void = () => {};
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  /** `beside` is called in every round too. */
  constructor(hosts: readonly Looked[], pollMs: number, leaseMs: number, clock: Clock, beside: () => void) {
    this.#clock = clock;
    this.#beside = beside;
    // A heart must beat at least thrice per lease.
    this.#pollMs = Math.min(pollMs, leaseMs / 3);
    for (const host of hosts) this.#next.set(host, 0);
  }

  /** Looks at a service in `inMs`, if it would not be looked at before. */
  hurry(service: string, inMs: number): void {
    for (const [host, at] of this.#next) {
      const wanted = this.#clock.now() + inMs;
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
    this.#forget();
    await this.#running;
  }

  #plan(): void {
    if (this.#stopped || this.#next.size === 0) return;
    this.#forget();
    const now = this.#clock.now();
    const waiting = [...this.#next].filter(([host]) => !this.#looking.has(host)).map(([, at]) => at);
    const wait = Math.max(5, Math.min(...waiting, now + this.#pollMs) - now);
    this.#forget = this.#clock.after(wait, () => {
      this.#running = this.#round().finally(() => this.#plan());
    });
  }

  async #round(): Promise<void> {
    this.#beside();
    const now = this.#clock.now();
    const due = [...this.#next]
      .filter(([host, at]) => at <= now && !this.#looking.has(host))
      .map(([host]) => host);
    for (const host of due) {
      this.#next.set(host, Infinity);
      this.#looking.add(host);
    }
    await Promise.all(
      due.map(async (host) => {
        const tick = await host.tick().finally(() => this.#looking.delete(host));
        const pollMs = this.#pollMs * (0.8 + this.#clock.random() * 0.4);
        const next = this.#clock.now() + Math.max(20, Math.min(pollMs, tick?.nextInMs ?? pollMs));
        this.#next.set(host, Math.min(next, this.#next.get(host)!));
      }),
    );
  }
}
