import type { Attributes } from "./attributes.ts";
import type { LogLine } from "./logs.ts";

export interface TraceQuery {
  readonly service?: string;
  /** `"inventory@1.reserve"`, or a part of a span's name. */
  readonly member?: string;
  readonly status?: "ok" | "error";
  readonly minMs?: number;
  readonly maxMs?: number;
  /** `key=value`, of any span of the trace. May be given several times; all must match. */
  readonly attribute?: string | readonly string[];
  /** Words that a span's name, error or attributes hold. */
  readonly text?: string;
  readonly fromAt?: number;
  readonly toAt?: number;
  /** Default 50, at most 500. */
  readonly limit?: number;
  /** {@link TraceList.next} of the page before. */
  readonly before?: number;
}

export interface TraceSummary {
  readonly traceId: string;
  /** Of its root, or of the first span that is here. */
  readonly name: string;
  readonly service: string;
  readonly startAt: number;
  /** From its first start to its last end. */
  readonly durationMs: number;
  readonly spans: number;
  readonly errors: number;
  readonly services: readonly string[];
}

export interface TraceList {
  /** The latest first. */
  readonly traces: readonly TraceSummary[];
  /** For `before`; null at the end. */
  readonly next: number | null;
}

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export interface SpanView {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  readonly service: string;
  readonly unit: string | null;
  readonly instance: string | null;
  /** `"inventory@1.reserve"`, where it is a call, an event or a query of one. */
  readonly member: string | null;
  /** Of a call: in one process. */
  readonly local: boolean | null;
  readonly startAt: number;
  readonly durationMs: number;
  readonly status: "unset" | "ok" | "error";
  readonly statusMessage: string | null;
  /** It is on the critical path to the answer: without it, that had come sooner. */
  readonly critical: boolean;
  /**
   * It is on the critical path to the end: on from the answer, through the deliveries and the saga that the request began.
   * The same as `critical` where nothing goes on after the answer.
   */
  readonly criticalToEnd: boolean;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
}

export interface TraceView {
  readonly traceId: string;
  readonly startAt: number;
  /** To its last end. */
  readonly durationMs: number;
  /** From `startAt` to the answer of what began it: what comes later, nobody waited for. */
  readonly answerMs: number;
  /** Parents before children, and by start. */
  readonly spans: readonly SpanView[];
  readonly logs: readonly LogLine[];
  /** Other traces that link to this one, or that this one links to. */
  readonly related: readonly TraceSummary[];
  /** There are more spans than the 5,000 that are here. */
  readonly truncated: boolean;
}
