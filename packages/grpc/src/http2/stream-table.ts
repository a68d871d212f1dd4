const SMALLEST = 16;
const LARGEST = 4096;

/**
 * The open streams of a connection, by id. A ring indexed by the low bits of the id, which is one array access where
 * a Map costs a hash; a stream that lives so long that the ring comes round to its place moves into a Map.
 */
export class StreamTable<S extends { readonly id: number }> {
  /** How many streams are open. */
  size = 0;
  #ring: (S | undefined)[] = [];
  #mask = -1;
  readonly #displaced = new Map<number, S>();

  get(id: number): S | undefined {
    const stream = this.#ring[(id >>> 1) & this.#mask];
    if (stream !== undefined && stream.id === id) return stream;
    return this.#displaced.size === 0 ? undefined : this.#displaced.get(id);
  }

  add(stream: S): void {
    if (this.size >= this.#ring.length && this.#ring.length < LARGEST) this.#grow();
    const at = (stream.id >>> 1) & this.#mask;
    const present = this.#ring[at];
    if (present !== undefined) this.#displaced.set(present.id, present);
    this.#ring[at] = stream;
    this.size++;
  }

  delete(id: number): boolean {
    const at = (id >>> 1) & this.#mask;
    if (this.#ring[at]?.id === id) this.#ring[at] = undefined;
    else if (!this.#displaced.delete(id)) return false;
    this.size--;
    return true;
  }

  /** Calls `each` for every stream; `each` may delete the one that it is given. */
  forEach(each: (stream: S) => void): void {
    if (this.size === 0) return;
    for (const stream of this.#ring) if (stream !== undefined) each(stream);
    for (const stream of this.#displaced.values()) each(stream);
  }

  #grow(): void {
    const streams: S[] = [];
    this.forEach((stream) => streams.push(stream));
    const length = Math.max(SMALLEST, this.#ring.length * 2);
    this.#ring = Array.from<S | undefined>({ length }).fill(undefined);
    this.#mask = length - 1;
    this.#displaced.clear();
    this.size = 0;
    for (const stream of streams) {
      const at = (stream.id >>> 1) & this.#mask;
      const present = this.#ring[at];
      if (present !== undefined) this.#displaced.set(present.id, present);
      this.#ring[at] = stream;
      this.size++;
    }
  }
}
