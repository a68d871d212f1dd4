// The global is a getter, which costs a little each time.
import { performance } from "node:perf_hooks";
import type { EdgeCall, EdgeStream, Failure, Span, SpanType } from "@kerf/runtime/telemetry";
import { measuredOneIn, type EdgeCounts } from "../metrics/edge-counts.ts";
import { spanId } from "./ids.ts";
import type { LocalTrace } from "./trace.ts";

/** What the recorder keeps of work: one span, or both of a call or stream within the process. */
export type SpanRecord = PlainSpan<any> | RecordedCall | RecordedStream;

/** One span. */
export class PlainSpan<About> implements Span {
  next: SpanRecord | undefined = undefined;
  readonly type: SpanType<About>;
  readonly about: About;
  readonly trace: LocalTrace<SpanRecord>;
  /** Trace context of the span around it; undefined for the first of a trace. */
  readonly parent: string | undefined;
  #traceparent: string | undefined;
  readonly startMs = performance.now();
  endMs = 0;
  failure: Failure | undefined = undefined;

  constructor(
    type: SpanType<About>,
    about: About,
    trace: LocalTrace<SpanRecord>,
    parent: string | undefined,
    own?: string,
  ) {
    this.type = type;
    this.about = about;
    this.trace = trace;
    this.parent = parent;
    this.#traceparent = own;
  }

  /** Of a statement, say, nobody asks for it unless it leaves: it is made then. */
  get traceparent(): string {
    return (this.#traceparent ??= this.trace.prefix + spanId() + this.trace.suffix);
  }

  get id(): string {
    return this.traceparent.slice(36, 52);
  }

  get lasting(): boolean {
    return this.type.lasting === true;
  }

  end(failure?: Failure): void {
    this.failure = failure;
    this.endMs = performance.now();
    this.trace.traces.leave(this.trace, this);
  }
}

/** A call: the span of its caller, and where it stays in the process that of the callee too, which lasts as long. */
export class RecordedCall implements EdgeCall {
  next: SpanRecord | undefined = undefined;
  readonly edge: EdgeCounts;
  readonly trace: LocalTrace<SpanRecord>;
  readonly parent: string;
  /** Of the span that others know: the callee's, where that is in this process. */
  readonly #id = spanId();
  #clientId: string | undefined = undefined;
  readonly traceparent: string;
  readonly startMs = performance.now();
  endMs = 0;
  failure: Failure | undefined = undefined;
  /** Of one call in 64. */
  requestBytes: number | undefined = undefined;
  replyBytes: number | undefined = undefined;
  /** As JSON, where payloads are recorded. */
  request: string | undefined = undefined;
  reply: string | undefined = undefined;

  get lasting(): boolean {
    return false;
  }

  constructor(edge: EdgeCounts, trace: LocalTrace<SpanRecord>, parent: string) {
    this.edge = edge;
    this.trace = trace;
    this.parent = parent;
    this.traceparent = trace.prefix + this.#id + trace.suffix;
  }

  get serverId(): string | undefined {
    return this.edge.facts.local ? this.#id : undefined;
  }

  /** Of a call within the process nobody asks for it unless it leaves: it is made then. */
  get clientId(): string {
    return this.edge.facts.local ? (this.#clientId ??= spanId()) : this.#id;
  }

  replied(input: unknown, reply: unknown): void {
    this.endMs = performance.now();
    this.edge.succeeded(input, reply, this.endMs - this.startMs, this);
    if (this.edge.payloads) {
      this.request = this.edge.facts.show(input, "request");
      this.reply = this.edge.facts.show(reply, "reply");
    }
    this.trace.traces.leave(this.trace, this);
  }

  failed(input: unknown, failure: Failure): void {
    this.endMs = performance.now();
    this.failure = failure;
    this.edge.failed(failure, this.endMs - this.startMs, this);
    if (this.edge.payloads) this.request = this.edge.facts.show(input, "request");
    this.trace.traces.leave(this.trace, this);
  }
}

/** A stream: the span of its reader, and where it stays in the process that of the service too, which lasts as long. */
export class RecordedStream implements EdgeStream {
  next: SpanRecord | undefined = undefined;
  readonly edge: EdgeCounts;
  readonly trace: LocalTrace<SpanRecord>;
  readonly parent: string;
  readonly clientId = spanId();
  readonly serverId: string | undefined;
  readonly traceparent: string;
  readonly startMs = performance.now();
  readonly #counted: CountedStream;
  endMs = 0;
  failure: Failure | undefined = undefined;

  constructor(edge: EdgeCounts, trace: LocalTrace<SpanRecord>, parent: string) {
    this.edge = edge;
    this.trace = trace;
    this.parent = parent;
    this.serverId = edge.facts.local ? spanId() : undefined;
    this.traceparent = trace.prefix + (this.serverId ?? this.clientId) + trace.suffix;
    this.#counted = new CountedStream(edge, parent);
  }

  get lasting(): boolean {
    return true;
  }

  get messages(): number {
    return this.#counted.messages;
  }

  get bytes(): number {
    return this.#counted.bytes;
  }

  answered(answer: unknown): void {
    this.#counted.answered(answer);
  }

  ended(failure?: Failure): void {
    this.endMs = performance.now();
    this.failure = failure;
    this.#counted.ended(failure);
    this.trace.traces.leave(this.trace, this);
  }
}

/** A stream that is counted, and of which nothing else is recorded. */
export class CountedStream implements EdgeStream {
  readonly traceparent: string;
  readonly #edge: EdgeCounts;
  messages = 0;
  /** As far as is known: one answer in 64 is encoded to be measured, and those after it are taken to be as large. */
  bytes = 0;
  #bytesEach = 0;

  constructor(edge: EdgeCounts, parent: string) {
    this.#edge = edge;
    this.traceparent = parent;
    edge.streams.open++;
  }

  answered(answer: unknown): void {
    if (this.messages % measuredOneIn === 0) this.#bytesEach = this.#edge.facts.size(answer, "reply") ?? 0;
    this.messages++;
    this.bytes += this.#bytesEach;
    this.#edge.streams.messages++;
    this.#edge.streams.bytes += this.#bytesEach;
  }

  ended(failure?: Failure): void {
    const { streams } = this.#edge;
    streams.open--;
    streams.ended++;
    if (failure) streams.errors.add(failure.type);
  }
}

/** A call that is counted, and of which nothing else is recorded. */
export class CountedCall implements EdgeCall {
  readonly edge: EdgeCounts;
  readonly traceparent: string;
  readonly startMs = performance.now();

  constructor(edge: EdgeCounts, parent: string) {
    this.edge = edge;
    this.traceparent = parent;
  }

  replied(input: unknown, reply: unknown): void {
    this.edge.succeeded(input, reply, performance.now() - this.startMs, undefined);
  }

  failed(_input: unknown, failure: Failure): void {
    this.edge.failed(failure, performance.now() - this.startMs, undefined);
  }
}
