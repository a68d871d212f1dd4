import type { StreamTable } from "./stream-table.ts";
import type { Stream } from "./stream.ts";

/** Deadlines closer together than this are handled in one pass over the open streams. */
const GRAIN_MS = 1;
const LONGEST_TIMER_MS = 0x7fff_ffff;

/**
 * The deadlines of a connection's calls behind one timer, which is set to the earliest and looks at all open streams
 * when it fires. Calls that end in time cost nothing, where a timer for each costs as much as the call.
 */
export class Deadlines {
  readonly #streams: StreamTable<Stream>;
  #timer: NodeJS.Timeout | undefined;
  #next = Infinity;

  constructor(streams: StreamTable<Stream>) {
    this.#streams = streams;
  }

  watch(expiresAt: number): void {
    if (expiresAt < this.#next) this.#arm(expiresAt);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#next = Infinity;
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#next = at;
    const wait = Math.min(Math.max(at - performance.now(), GRAIN_MS), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(wait)).unref();
  }

  #expire(): void {
    this.#next = Infinity;
    const now = performance.now();
    const due: Stream[] = [];
    let next = Infinity;
    this.#streams.forEach((stream) => {
      if (stream.expiresAt <= now) due.push(stream);
      else if (stream.expiresAt < next) next = stream.expiresAt;
    });
    for (const stream of due) if (!stream.closed) stream.onDeadline();
    if (next !== Infinity) this.watch(next);
  }
}
