import type { Log } from "kerf";
import type { Queue } from "../recorder/queue.ts";
import type { Batching } from "../settings/settings.ts";
import { closed, sendOnce, type Exporter } from "./exporter.ts";

export interface BatchSenderOptions<Kept, Sent> extends Batching {
  /** For the log: `"traces"`. */
  readonly what: string;
  readonly queue: Queue<Kept>;
  readonly read: (batch: readonly Kept[]) => Promise<Sent[]>;
  /** Loads it, when there is something to send for the first time. */
  readonly exporter: () => Promise<Exporter<Sent[]>>;
  readonly log: Log;
}

/** Sends what a queue holds in batches, one after the other. What cannot be sent is dropped, counted, and said once. */
export class BatchSender<Kept, Sent> {
  readonly #options: BatchSenderOptions<Kept, Sent>;
  #exporter: Promise<Exporter<Sent[]>> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failing = false;

  constructor(options: BatchSenderOptions<Kept, Sent>) {
    this.#options = options;
  }

  /** From now on what comes is sent, now and then. */
  begin(): void {
    this.#timer ??= setInterval(() => void this.flush(), this.#options.everyMs).unref();
  }

  /** Sends all that waits. Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await closed(
      // What is under way may have begun before the last of them came.
      () => this.flush().then(() => this.flush()),
      () => this.#exporter,
    );
  }

  async #send(): Promise<void> {
    const { queue, batchSize, read, timeoutMs, what, log } = this.#options;
    while (queue.length > 0) {
      const batch = queue.take(batchSize);
      const error = await this.#opened()
        .then(async (exporter) => sendOnce(exporter, await read(batch), timeoutMs))
        .catch((notSent: unknown) => notSent);
      if (error === undefined) {
        this.#failing = false;
        continue;
      }
      queue.drop(batch.length);
      if (!this.#failing)
        log.warn({ err: error }, `${what} cannot be exported; what comes meanwhile is dropped`);
      this.#failing = true;
    }
  }

  #opened(): Promise<Exporter<Sent[]>> {
    return (this.#exporter ??= this.#options.exporter());
  }
}
