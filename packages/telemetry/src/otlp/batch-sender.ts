import type { Log } from "kerf";
import type { Batching } from "../settings/settings.ts";
import { closed, sendOnce, type Exporter } from "./exporter.ts";

/** What waits to be sent, in batches. */
export interface Source<Sent> {
  /** How many wait. */
  readonly length: number;
  /** Whether there are enough of them for a batch. */
  readonly full: boolean;
  /** A batch of the oldest. Only asked while some wait. */
  take(): Taken<Sent>;
  /** Counts what could not be sent. */
  drop(count: number): void;
  /** Called when a batch becomes full. */
  whenFull?: (() => void) | undefined;
}

export interface Taken<Sent> {
  readonly count: number;
  /** Makes what is sent of it. May reject. */
  read(): Sent | Promise<Sent>;
}

export interface BatchSenderOptions<Sent> extends Pick<Batching, "everyMs" | "timeoutMs"> {
  /** For the log: `"traces"`. */
  readonly what: string;
  readonly source: Source<Sent>;
  /** Loads it, when there is something to send for the first time. */
  readonly exporter: () => Promise<Exporter<Sent>>;
  readonly log: Log;
}

/** Sends what waits in batches, one after the other. What cannot be sent is dropped, counted, and said once. */
export class BatchSender<Sent> {
  readonly #options: BatchSenderOptions<Sent>;
  #exporter: Promise<Exporter<Sent>> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Whether a batch that is not full is to be sent too. */
  #all = false;
  #failing = false;

  constructor(options: BatchSenderOptions<Sent>) {
    this.#options = options;
  }

  /** From now on what comes is sent: each full batch at once, the rest now and then. */
  begin(): void {
    const { source, everyMs } = this.#options;
    this.#timer ??= setInterval(() => void this.flush(), everyMs).unref();
    source.whenFull = () => void this.#run();
    if (source.full) source.whenFull();
  }

  /** Sends all that waits. Never rejects. */
  async flush(): Promise<void> {
    this.#all = true;
    // What was under way may have looked for the last time already.
    while (this.#all) await this.#run();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await closed(
      () => this.flush(),
      () => this.#exporter,
    );
  }

  #run(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  async #send(): Promise<void> {
    const { source } = this.#options;
    for (;;) {
      if (!source.full) {
        if (!this.#all) return;
        this.#all = false;
        if (source.length === 0) return;
      }
      await this.#sendBatch();
    }
  }

  async #sendBatch(): Promise<void> {
    const { source, timeoutMs, what, log } = this.#options;
    const taken = source.take();
    const error = await this.#opened()
      .then(async (exporter) => sendOnce(exporter, await taken.read(), timeoutMs))
      .catch((notSent: unknown) => notSent);
    if (error === undefined) {
      this.#failing = false;
      return;
    }
    source.drop(taken.count);
    if (!this.#failing)
      log.warn({ err: error }, `${what} cannot be exported; what comes meanwhile is dropped`);
    this.#failing = true;
  }

  #opened(): Promise<Exporter<Sent>> {
    return (this.#exporter ??= this.#options.exporter());
  }
}
