import type { EdgeCall, Failure, Span, SpanType } from "@kerf/runtime/telemetry";
import type { EdgeCounts } from "../metrics/edge-counts.ts";
import { spanId } from "./ids.ts";
import type { LocalTrace } from "./trace.ts";

/** What the recorder keeps of work: one span, or both of a call within the process. */
export type SpanRecord = PlainSpan<any> | RecordedCall;

/** One span. */
export class PlainSpan<About> implements Span {
  next: SpanRecord | undefined = undefined;
  readonly type: SpanType<About>;
  readonly about: About;
  readonly trace: LocalTrace<SpanRecord>;
  readonly id: string;
  /** Trace context of the span around it; undefined for the first of a trace. */
  readonly parent: string | undefined;
  readonly traceparent: string;
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
    this.id = own === undefined ? spanId() : own.slice(36, 52);
    this.traceparent = own ?? trace.prefix + this.id + trace.suffix;
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
  readonly clientId = spanId();
  readonly serverId: string | undefined;
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

  constructor(edge: EdgeCounts, trace: LocalTrace<SpanRecord>, parent: string) {
    this.edge = edge;
    this.trace = trace;
    this.parent = parent;
    this.serverId = edge.facts.local ? spanId() : undefined;
    this.traceparent = trace.prefix + (this.serverId ?? this.clientId) + trace.suffix;
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
