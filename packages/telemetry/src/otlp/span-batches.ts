import type { Sink } from "../recorder/queue.ts";
import type { SpanRecord } from "../recorder/record.ts";
import type { SpanLimits } from "../settings/limits.ts";
import type { Source, Taken } from "./batch-sender.ts";
import { limiter } from "./limited-span.ts";
import type { SpanEncoder } from "./span-encoder.ts";
import { tell, type SpanFacts } from "./span-facts.ts";

/** A batch is full then too: receivers take 4 MiB, unless told otherwise. */
const fullBytes = 1024 * 1024;

export interface SpanBatchesOptions {
  readonly encoder: SpanEncoder;
  readonly limits: SpanLimits;
  /** Spans that wait; what is more is dropped. */
  readonly queueSize: number;
  readonly batchSize: number;
}

/**
 * Spans that are to leave, written as they end into the batch that they will leave with. So a span is bytes outside of the heap
 * while it waits: as an object it would grow old there.
 */
export class SpanBatches implements Sink<SpanRecord>, Source<Uint8Array> {
  readonly #options: SpanBatchesOptions;
  readonly #limit: (facts: SpanFacts) => SpanFacts;
  readonly #full: Taken<Uint8Array>[] = [];
  /** Spans of the batch that is being written. */
  #open = 0;
  #length = 0;
  #dropped = 0;
  whenFull: (() => void) | undefined = undefined;

  constructor(options: SpanBatchesOptions) {
    this.#options = options;
    this.#limit = limiter(options.limits);
  }

  get length(): number {
    return this.#length;
  }

  get full(): boolean {
    return this.#full.length > 0;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(record: SpanRecord): void {
    const { encoder, batchSize } = this.#options;
    tell(record, this.#add);
    if (this.#open < batchSize && encoder.size < fullBytes) return;
    this.#close();
    this.whenFull?.();
  }

  take(): Taken<Uint8Array> {
    if (this.#full.length === 0) this.#close();
    const taken = this.#full.shift()!;
    this.#length -= taken.count;
    return taken;
  }

  drop(count: number): void {
    this.#dropped += count;
  }

  readonly #add = (facts: SpanFacts): void => {
    const { encoder, queueSize } = this.#options;
    if (this.#length >= queueSize) return this.drop(1);
    try {
      encoder.add(this.#limit(facts));
    } catch {
      // One that no receiver would take; the rest of its trace does leave.
      return this.drop(1);
    }
    this.#open++;
    this.#length++;
  };

  #close(): void {
    const body = this.#options.encoder.take();
    this.#full.push({ read: () => body, count: this.#open });
    this.#open = 0;
  }
}
