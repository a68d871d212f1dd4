interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T>) => void;
  readonly reject: (error: unknown) => void;
}

/** The messages of a stream as its reader sees them: what arrived waits here, a reader that is early waits for more. */
export class MessageQueue<T> implements AsyncIterableIterator<T> {
  #values: T[] = [];
  #sizes: number[] = [];
  #first = 0;
  #waiting: Waiting<T>[] = [];
  #ended = false;
  #error: unknown;
  readonly #onTaken: (bytes: number) => void;
  readonly #onReturn: () => void;

  /** `onTaken` hears how many bytes a message had that was read, `onReturn` that the reader wants no more. */
  constructor(onTaken: (bytes: number) => void, onReturn: () => void) {
    this.#onTaken = onTaken;
    this.#onReturn = onReturn;
  }

  push(value: T, bytes: number): void {
    if (this.#ended) return this.#onTaken(bytes);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#values.push(value);
      this.#sizes.push(bytes);
      return;
    }
    this.#onTaken(bytes);
    waiting.resolve({ done: false, value });
  }

  /** No more will come; with an error the reader gets it after what arrived before. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) this.#settle(one);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#first < this.#values.length) {
      const value = this.#values[this.#first]!;
      const bytes = this.#sizes[this.#first]!;
      this.#values[this.#first] = undefined as T;
      this.#first++;
      if (this.#first === this.#values.length || this.#first > 256) this.#compact();
      this.#onTaken(bytes);
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      if (this.#ended) this.#settle(waiting);
      else this.#waiting.push(waiting);
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.drop();
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Forgets what was not read; with an error a reader that goes on gets it. */
  drop(error?: unknown): void {
    for (let at = this.#first; at < this.#sizes.length; at++) this.#onTaken(this.#sizes[at]!);
    this.#first = this.#values.length;
    this.#compact();
    this.end(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #compact(): void {
    this.#values = this.#values.slice(this.#first);
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
  }

  /** The error is given once; after it the iteration is over. */
  #settle(waiting: Waiting<T>): void {
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(error);
  }
}
