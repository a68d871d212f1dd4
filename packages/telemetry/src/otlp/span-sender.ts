import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Log } from "kerf";
import type { Queue } from "../recorder/queue.ts";
import type { SpanRecord } from "../recorder/record.ts";
import { readableSpans } from "./readable-span.ts";
import type { Resources } from "./resources.ts";

export interface SpanSenderOptions {
  readonly queue: Queue<SpanRecord>;
  readonly exporter: SpanExporter;
  readonly resources: Resources;
  readonly batchSize: number;
  readonly everyMs: number;
  readonly log: Log;
}

/** Sends records in batches, one after the other. What cannot be sent is dropped, counted, and said once. */
export class SpanSender {
  readonly #options: SpanSenderOptions;
  readonly #timer: NodeJS.Timeout;
  #sending: Promise<void> | undefined;
  #failing = false;
  sent = 0;

  constructor(options: SpanSenderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.flush(), options.everyMs).unref();
  }

  /** Sends all that waits. Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.flush();
    await this.#options.exporter.shutdown().catch(() => {});
  }

  async #send(): Promise<void> {
    const { queue, exporter, resources, batchSize, log } = this.#options;
    while (queue.length > 0) {
      const records = queue.take(batchSize);
      // The clock may have been set meanwhile: only the way from one moment to another is ours to tell.
      const spans = readableSpans(records, resources, Date.now() - performance.now());
      const error = await new Promise<unknown>((resolve) =>
        exporter.export(spans, (result) => resolve(result.code === 0 ? undefined : (result.error ?? true))),
      );
      if (error === undefined) {
        this.sent += spans.length;
        this.#failing = false;
        continue;
      }
      queue.drop(spans.length);
      if (!this.#failing)
        log.warn({ err: error }, "traces cannot be exported; what comes meanwhile is dropped");
      this.#failing = true;
    }
  }
}
