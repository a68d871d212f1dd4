/** A ring of what is yet to leave: takes no more than its size, and counts what it could not take. */
export class Queue<T> {
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
