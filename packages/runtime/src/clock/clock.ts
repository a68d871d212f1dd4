/** Something that is to happen at a time, unless it is forgotten before. */
export interface Deadline {
  forget(): void;
}

/**
 * Time and chance, injected wherever they decide something, so that a simulation controls both. {@link processClock} is
 * the one that runs in production.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `ms`; gives its canceller. */
  after(ms: number, run: () => void): () => void;
  /** @throws an `AbortError` once `signal` is aborted */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Resolves when everything that can go on without time passing has done so. */
  turn(): Promise<void>;
  /** Calls `expire` once `at` ({@link now} milliseconds) has passed, up to 16 ms late. Costs far less than {@link after}. */
  deadline(at: number, expire: () => void): Deadline;
  /** At least 0, less than 1. */
  random(): number;
  /** RFC 9562, version 4. */
  uuid(): string;
}
