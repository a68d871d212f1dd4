export interface TickOptions {
  readonly intervalMs: number;
  /** All that is to be done from time to time; it is also how everything starts anew after a failure. */
  readonly run: () => Promise<void>;
  /** The first failure of a series. */
  readonly onDown: (cause: unknown) => void;
}

/** The one timer of a broker: every interval ± 20 %; after a failure 1 s × 1.6 ± 20 %, at most 120 s. */
export class Tick {
  readonly #options: TickOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #stopped = true;

  constructor(options: TickOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.#schedule(this.#options.intervalMs);
  }

  /** Something failed between two runs: the next run comes after the backoff. */
  failed(cause: unknown): void {
    if (this.#failures > 0 || this.#stopped) return;
    this.#failures = 1;
    this.#options.onDown(cause);
    if (this.#running === undefined) this.#schedule(backoffMs(1));
  }

  async #run(): Promise<void> {
    try {
      await this.#options.run();
      this.#failures = 0;
    } catch (cause) {
      if (this.#failures === 0) this.failed(cause);
      else this.#failures += 1;
    } finally {
      this.#running = undefined;
      this.#schedule(this.#failures > 0 ? backoffMs(this.#failures) : this.#options.intervalMs);
    }
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        this.#running = this.#run();
      },
      ms * (0.8 + Math.random() * 0.4),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}

function backoffMs(failures: number): number {
  return Math.min(1_000 * 1.6 ** (failures - 1), 120_000);
}
