interface Entry {
  readonly at: number;
  readonly nth: number;
  run: (() => void) | undefined;
}

/** How many events are run before the loop of Node turns. */
const burst = 64;

/** Simulated time: events in the order of their time, and of their making where that is the same. */
export class Timeline {
  now = Date.UTC(2030, 0, 1);
  events = 0;
  readonly #heap: Entry[] = [];
  #made = 0;

  /** Runs `run` at a time, or as soon as can be where that is past. Gives its canceller. */
  at(time: number, run: () => void): () => void {
    const entry: Entry = { at: Math.max(time, this.now), nth: this.#made++, run };
    this.#push(entry);
    return () => (entry.run = undefined);
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.now + ms, run);
  }

  /**
   * Runs events until `isOver`, asked after each. Between two events all promises that can go on do: Node runs them
   * between two immediates.
   */
  run(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      const step = (): void => {
        if (over) return;
        try {
          const entry = isOver() ? undefined : this.#next();
          if (entry === undefined) {
            over = true;
            return resolve();
          }
          this.now = entry.at;
          this.events += 1;
          entry.run!();
        } catch (error) {
          over = true;
          reject(error);
        }
      };
      const more = (): void => {
        if (over) return;
        for (let i = 0; i < burst; i++) setImmediate(step);
        setImmediate(more);
      };
      more();
    });
  }

  #next(): Entry | undefined {
    for (let entry = this.#pop(); entry; entry = this.#pop()) if (entry.run) return entry;
    return undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.nth < b.nth);
}
