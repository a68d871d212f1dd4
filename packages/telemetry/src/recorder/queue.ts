/** What takes what is yet to leave. */
export interface Sink<T> {
  push(item: T): void;
  /** Counts what was not kept for it. */
  drop(count: number): void;
}

/** Gives each of several the same: one that is slow has the others wait for nothing. */
export function forked<T>(sinks: readonly Sink<T>[]): Sink<T> {
  if (sinks.length === 1) return sinks[0]!;
  return {
    push(item) {
      for (const sink of sinks) sink.push(item);
    },
    drop(count) {
      for (const sink of sinks) sink.drop(count);
    },
  };
}

/** A ring of what is yet to leave: takes no more than its size, and counts what it could not take. */
export class Queue<T> implements Sink<T> {
  readonly #ring: (T | undefined)[];
  #first = 0;
  #length = 0;
  #dropped = 0;

  constructor(size: number) {
    this.#ring = Array.from({ length: size }, () => undefined);
  }

  get length(): number {
    return this.#length;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) {
      this.#dropped++;
      return;
    }
    this.#ring[(this.#first + this.#length) % this.#ring.length] = item;
    this.#length++;
  }

  /** The oldest, `most` at most. */
  take(most: number): T[] {
    const taken: T[] = [];
    while (taken.length < most && this.#length > 0) {
      taken.push(this.#ring[this.#first]!);
      this.#ring[this.#first] = undefined;
      this.#first = (this.#first + 1) % this.#ring.length;
      this.#length--;
    }
    return taken;
  }

  drop(count: number): void {
    this.#dropped += count;
  }
}
