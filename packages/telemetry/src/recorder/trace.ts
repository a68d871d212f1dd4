import { digitOf } from "@kerf/runtime/proto";
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

/** Places for traces that are under way, by the last digits of their ids. */
const placeCount = 4_096;

/** What is under way in this process of each trace. */
export class Traces<Kept extends Ended<Kept>> {
  readonly #options: TracesOptions<Kept>;
  // A map would make and hash a text for each span that begins: that would cost more than all else that is recorded of it.
  readonly #places: (LocalTrace<Kept> | undefined)[] = Array.from({ length: placeCount }, () => undefined);
  /** Those whose place another one had. */
  readonly #displaced = new Map<string, LocalTrace<Kept>>();
  open = 0;
  held = 0;

  constructor(options: TracesOptions<Kept>) {
    this.#options = options;
  }

  /** The trace that begins with `root`, a context that nobody else was given, with the span that does. */
  begin(root: string): LocalTrace<Kept> {
    return this.#add(root, placeOf(root));
  }

  /** The trace that `traceparent` names, with one more span that has begun. */
  enter(traceparent: string): LocalTrace<Kept> {
    const place = placeOf(traceparent);
    let trace = this.#places[place];
    if (trace === undefined || !trace.holds(traceparent)) {
      trace = this.#displaced.size === 0 ? undefined : this.#displaced.get(traceparent.slice(3, 35));
      if (trace === undefined) return this.#add(traceparent, place);
    }
    trace.open++;
    return trace;
  }

  #add(traceparent: string, place: number): LocalTrace<Kept> {
    const trace = new LocalTrace<Kept>(this, traceparent, this.#options.sampler.follows(traceparent));
    trace.open = 1;
    this.open++;
    if (this.#places[place] === undefined) this.#places[place] = trace;
    else this.#displaced.set(trace.id, trace);
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
    this.open--;
    const place = placeOf(trace.prefix);
    if (this.#places[place] === trace) this.#places[place] = undefined;
    else this.#displaced.delete(trace.id);
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

/** By three digits, which are random also where the first ones are a time. Within bounds also where they are no digits. */
function placeOf(traceparent: string): number {
  const digit = (at: number): number => digitOf(traceparent.charCodeAt(at));
  return ((digit(32) << 8) | (digit(33) << 4) | digit(34)) & (placeCount - 1);
}

/** One trace, for as long as any span of it is open in this process. */
export class LocalTrace<Kept extends Ended<Kept>> {
  readonly traces: Traces<Kept>;
  /** The context that it was first met with. */
  readonly #met: string;
  /** `00-<trace>-` */
  readonly prefix: string;
  /** Whether its spans leave as they end; else they wait for the last of them. */
  kept: boolean;
  readonly suffix: "-01" | "-00";
  open = 0;
  last: Kept | undefined = undefined;
  count = 0;

  constructor(traces: Traces<Kept>, traceparent: string, kept: boolean) {
    this.traces = traces;
    this.#met = traceparent;
    this.prefix = traceparent.slice(0, 36);
    this.kept = kept;
    this.suffix = kept ? "-01" : "-00";
  }

  /** Whether a context is of this trace: mostly it is the very text that it was met with. */
  holds(traceparent: string): boolean {
    // `startsWith` would compare digit by digit, which takes four times as long.
    return traceparent === this.#met || traceparent.slice(0, 36) === this.prefix;
  }

  get id(): string {
    return this.prefix.slice(3, 35);
  }
}
