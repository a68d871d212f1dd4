import type { Failure } from "./failure.ts";

export type AttributeValue = string | number | boolean;
/** By the names of OpenTelemetry's semantic conventions; those that begin with `kerf.` are ours. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** A kind of work. What it says of one piece of work is asked only of spans that leave the process. */
export interface SpanType<About> {
  readonly kind: SpanKind;
  /** It takes as long as somebody wants it to: that it is slow says nothing. */
  readonly lasting?: true;
  /** The service that does it; `"gateway"` at the edge. */
  service(about: About): string;
  name(about: About): string;
  attributes(about: About): Attributes;
  /** The trace context of what caused it, beside its parent. */
  cause?(about: About): string;
}

/** Work that has begun. */
export interface Span {
  /** W3C trace context of what happens within it. */
  readonly traceparent: string;
  /** Called once. */
  end(failure?: Failure): void;
}

/** A call that has begun. One of its two is called, once. */
export interface EdgeCall {
  /** W3C trace context of what happens on its other side. */
  readonly traceparent: string;
  replied(input: unknown, reply: unknown): void;
  failed(input: unknown, failure: Failure): void;
}

/** A stream that is being read. */
export interface EdgeStream {
  /** W3C trace context of what happens on its other side. */
  readonly traceparent: string;
  /** Each answer, as its reader is given it. */
  answered(answer: unknown): void;
  /** Called once: without a failure also where its reader left. */
  ended(failure?: Failure): void;
}

/** Who calls which member, and whether that stays in the process. */
export interface EdgeFacts {
  /** A service, `"gateway"`, or `"operator"`. */
  readonly caller: string;
  readonly callee: string;
  /** `"inventory@1.reserve"` */
  readonly member: string;
  readonly local: boolean;
  /** Bytes of a message as it is, or would be, sent to another process; undefined where that cannot be said. */
  size(value: unknown, what: "request" | "reply"): number | undefined;
  /** A message as JSON, without what its contract calls sensitive. For those who want to see what is sent. */
  show(value: unknown, what: "request" | "reply"): string;
}

export interface Edge {
  /** Counts a call and times it. One that stays in the process is told as what both its sides do. */
  begin(parent: string): EdgeCall;
  /** Counts a stream and its answers: one span, however long it lasts. */
  watch(parent: string): EdgeStream;
}

export interface Gauge {
  readonly name: string;
  readonly description: string;
  /** As UCUM has it: `"{message}"`, `"s"`. */
  readonly unit: string;
}

export interface Reading {
  readonly gauge: Gauge;
  readonly value: number;
  readonly attributes: Attributes;
}

/** What a unit and a gateway tell of what they do. Each is given one where it starts, or none, and then tells nothing. */
export interface Telemetry {
  /** Whether spans are recorded at all; calls are counted anyway. */
  readonly spans: boolean;
  /** The context of a trace that begins here, with the choice whether it is recorded. */
  root(): string;
  /** Begins a span within `parent`, a W3C trace context. */
  begin<About>(type: SpanType<About>, about: About, parent: string): Span;
  /** Begins the first span of the trace that {@link root} made. */
  beginRoot<About>(type: SpanType<About>, about: About, root: string): Span;
  edge(facts: EdgeFacts): Edge;
  /** Has `read` asked whenever metrics are collected; gives what ends that. */
  observe(read: () => Iterable<Reading>): () => void;
  /**
   * Runs work of a service so that libraries that know OpenTelemetry find the context of its span. Absent where none
   * could.
   */
  readonly enter?:
    | (<T>(traceparent: string, service: string, work: () => T, baggage?: string) => T)
    | undefined;
  /**
   * What work that was given some W3C baggage sends on: with what a library or a handler has changed. Absent where none
   * could.
   */
  readonly baggage?: ((given: string | undefined) => string | undefined) | undefined;
  /** Whether foreign services are sent it too. */
  readonly baggageLeaves?: boolean;
}
