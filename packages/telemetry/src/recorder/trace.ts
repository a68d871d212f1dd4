import type { Sampler } from "./sampler.ts";
import type { Sink } from "./queue.ts";

/** Spans of one trace that may wait for the end of their trace: the rest of it is dropped. */
const heldAtMost = 1_000;
/** Over all traces. */
const heldInAll = 50_000;

/** What is known of a span when it ends, and the one that ended before it where both wait. */
export interface Ended<Kept> {
  next: Kept | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly failure: object | undefined;
  /** Whether it is no slow one, however long it takes. */
  readonly lasting: boolean;
}

export interface TracesOptions<Kept> {
  readonly sampler: Sampler;
  /** A span that took longer has its trace leave. */
  readonly slowMs: number;
  readonly queue: Sink<Kept>;
}

/** What is under way in this process of each trace. */
export class Traces<Kept extends Ended<Kept>> {
  readonly #open = new Map<string, LocalTrace<Kept>>();
  readonly #options: TracesOptions<Kept>;
  held = 0;
  /** What was asked for last: whoever makes one call makes the next within the same context. */
  #lastAsked = "";
  #last: LocalTrace<Kept> | undefined;

  constructor(options: TracesOptions<Kept>) {
    this.#options = options;
  }

  get open(): number {
    return this.#open.size;
  }

  /** The trace that `traceparent` names, with one more span that has begun. */
  enter(traceparent: string): LocalTrace<Kept> {
    const last = this.#last;
    if (last !== undefined && last.open > 0 && traceparent === this.#lastAsked) {
      last.open++;
      return last;
    }
    const id = traceparent.slice(3, 35);
    let trace = this.#open.get(id);
    if (trace === undefined) {
      const kept = this.#options.sampler.follows(id, (traceparent.charCodeAt(54) & 1) === 1);
      this.#open.set(id, (trace = new LocalTrace(this, id, traceparent.slice(0, 36), kept)));
    }
    trace.open++;
    this.#lastAsked = traceparent;
    this.#last = trace;
    return trace;
  }

  /** One of its spans has ended. */
  leave(trace: LocalTrace<Kept>, record: Kept): void {
    const { queue, slowMs } = this.#options;
    if (
      !trace.kept &&
      (record.failure !== undefined || (record.endMs - record.startMs >= slowMs && !record.lasting))
    )
      this.#keep(trace);
    if (trace.kept) queue.push(record);
    else if (trace.count >= heldAtMost || this.held >= heldInAll) queue.drop(1);
    else {
      record.next = trace.last;
      trace.last = record;
      trace.count++;
      this.held++;
    }
    if (--trace.open > 0) return;
    this.#open.delete(trace.id);
    this.held -= trace.count;
  }

  #keep(trace: LocalTrace<Kept>): void {
    trace.kept = true;
    const held: Kept[] = [];
    for (let record = trace.last; record !== undefined; record = record.next) held.push(record);
    for (const record of held.toReversed()) {
      record.next = undefined;
      this.#options.queue.push(record);
    }
    this.held -= trace.count;
    trace.count = 0;
    trace.last = undefined;
  }
}

/** One trace, for as long as any span of it is open in this process. */
export class LocalTrace<Kept extends Ended<Kept>> {
  readonly traces: Traces<Kept>;
  readonly id: string;
  /** `00-<trace>-` */
  readonly prefix: string;
  readonly suffix: "-01" | "-00";
  /** Whether its spans leave as they end; else they wait for the last of them. */
  kept: boolean;
  open = 0;
  last: Kept | undefined = undefined;
  count = 0;

  constructor(traces: Traces<Kept>, id: string, prefix: string, kept: boolean) {
    this.traces = traces;
    this.id = id;
    this.prefix = prefix;
    this.kept = kept;
    this.suffix = kept ? "-01" : "-00";
  }
}
