import type { Clock, Deadline } from "../../../packages/runtime/src/clock/clock.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/**
 * One simulated process: its clock, and the door through which everything reaches it. A killed one is reached by nothing
 * any more; a stopped one (SIGSTOP) by everything at once when it goes on, as a zombie.
 */
export class SimProcess implements Clock {
  readonly name: string;
  alive = true;
  readonly #world: { entered: SimProcess | undefined };
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** Its clock is this much ahead of the true time. */
  readonly #skewMs: number;
  #held: (() => void)[] | undefined;

  constructor(
    name: string,
    world: { readonly timeline: Timeline; entered: SimProcess | undefined },
    random: Random,
    skewMs: number,
  ) {
    this.name = name;
    this.#world = world;
    this.#timeline = world.timeline;
    this.#random = random;
    this.#skewMs = skewMs;
  }

  /** Something from outside, or a timer, comes in. */
  enter(run: () => void): void {
    if (!this.alive) return;
    if (this.#held) {
      this.#held.push(run);
      return;
    }
    this.#world.entered = this;
    run();
  }

  get stopped(): boolean {
    return this.#held !== undefined;
  }

  kill(): void {
    this.alive = false;
    this.#held = undefined;
  }

  stop(): void {
    this.#held ??= [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    // Each as an event of its own, before anything newer.
    for (const run of held) this.#timeline.at(this.#timeline.now, () => this.enter(run));
  }

  now(): number {
    return this.#timeline.now + this.#skewMs;
  }

  after(ms: number, run: () => void): () => void {
    let cancelled = false;
    const cancel = this.#timeline.after(Math.max(0, ms), () =>
      this.enter(() => {
        if (!cancelled) run();
      }),
    );
    return () => {
      cancelled = true;
      cancel();
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        cancel();
        reject(Object.assign(new Error("aborted", { cause: signal!.reason }), { name: "AbortError" }));
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }

  turn(): Promise<void> {
    return new Promise((resolve) => this.after(0, resolve));
  }

  deadline(at: number, expire: () => void): Deadline {
    return { forget: this.after(at - this.now(), expire) };
  }

  random(): number {
    return this.#random.next();
  }

  uuid(): string {
    const digits = Array.from({ length: 4 }, () =>
      Math.floor(this.#random.next() * 2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    ).join("");
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20)}`;
  }
}
