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
  readonly #options: TracesOptions<Kept>;
  /** Those that another one has interrupted: most end before the next begins, and need not be found again. */
  readonly #filed = new Map<string, LocalTrace<Kept>>();
  /** The one that was asked for last. */
  #latest: LocalTrace<Kept> | undefined = undefined;
  held = 0;

  constructor(options: TracesOptions<Kept>) {
    this.#options = options;
  }

  get open(): number {
    return this.#filed.size + (this.#latest?.filed === false ? 1 : 0);
  }

  /** The trace that begins with `root`, a context that nobody else was given, with the span that does. */
  begin(root: string): LocalTrace<Kept> {
    const trace = new LocalTrace<Kept>(this, root, this.#options.sampler.follows(root));
    this.#use(trace);
    trace.open = 1;
    return trace;
  }

  /** The trace that `traceparent` names, with one more span that has begun. */
  enter(traceparent: string): LocalTrace<Kept> {
    let trace = this.#latest;
    if (trace === undefined || !traceparent.startsWith(trace.prefix)) {
      trace =
        this.#filed.get(traceparent.slice(3, 35)) ??
        new LocalTrace<Kept>(this, traceparent, this.#options.sampler.follows(traceparent));
      this.#use(trace);
    }
    trace.open++;
    return trace;
  }

  #use(trace: LocalTrace<Kept>): void {
    const latest = this.#latest;
    if (latest !== undefined && !latest.filed) {
      latest.filed = true;
      this.#filed.set(latest.id, latest);
    }
    this.#latest = trace;
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
    if (trace.filed) this.#filed.delete(trace.id);
    if (trace === this.#latest) this.#latest = undefined;
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
  /** `00-<trace>-` */
  readonly prefix: string;
  /** Whether its spans leave as they end; else they wait for the last of them. */
  kept: boolean;
  readonly suffix: "-01" | "-00";
  open = 0;
  filed = false;
  last: Kept | undefined = undefined;
  count = 0;

  constructor(traces: Traces<Kept>, traceparent: string, kept: boolean) {
    this.traces = traces;
    this.prefix = traceparent.slice(0, 36);
    this.kept = kept;
    this.suffix = kept ? "-01" : "-00";
  }

  get id(): string {
    return this.prefix.slice(3, 35);
  }
}
