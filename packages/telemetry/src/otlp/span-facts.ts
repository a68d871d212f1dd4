import type { Attributes, Failure, SpanKind } from "@kerf/runtime/telemetry";
import type { Attributes as OtelAttributes, Link } from "@opentelemetry/api";
import { ApiSpan, type SpanEvent } from "../api/span.ts";
import { PlainSpan, RecordedStream, type RecordedCall, type SpanRecord } from "../recorder/record.ts";
import { SCOPE, type Scope } from "./scope.ts";

/** What is told of one span, before it is written in one format or another. */
export interface SpanFacts {
  readonly service: string;
  readonly scope: Scope;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** Undefined for the first of a trace. */
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** By `performance.now()`. */
  readonly startMs: number;
  readonly endMs: number;
  /** What all of its kind say alike: one object for all of them, so that it is written once. */
  readonly alike: OtelAttributes | undefined;
  /** Those that are undefined are not told. */
  readonly attributes: OtelAttributes;
  readonly status: SpanStatus;
  readonly links: readonly SpanLink[];
  readonly events: readonly SpanEvent[];
  /** How much was left out, by limits. */
  readonly dropped: Dropped;
}

export interface Dropped {
  readonly attributes: number;
  readonly links: number;
  readonly events: number;
}

/** 0 unset, 1 ok, 2 error: https://opentelemetry.io/docs/specs/otel/trace/api/#set-status */
export interface SpanStatus {
  readonly code: 0 | 1 | 2;
  readonly message?: string | undefined;
}

export interface SpanLink {
  readonly traceId: string;
  readonly id: string;
  readonly attributes: OtelAttributes;
}

const unset: SpanStatus = { code: 0 };
const nothing: Attributes = {};
const none: readonly never[] = [];
const dropped: Dropped = { attributes: 0, links: 0, events: 0 };

/** The spans that a record stands for: two of a call or stream within the process. */
export function tell(record: SpanRecord, to: (facts: SpanFacts) => void): void {
  if (record instanceof PlainSpan) to(plain(record));
  else call(record, to);
}

function plain({ type, about, failure, trace, id, parent, startMs, endMs }: PlainSpan<unknown>): SpanFacts {
  const cause = type.cause?.(about);
  const api = about instanceof ApiSpan ? about : undefined;
  const attributes = type.attributes(about);
  const isServer = type.kind === "server" || type.kind === "consumer";
  return {
    service: type.service(about),
    scope: api?.scope ?? SCOPE,
    traceId: trace.id,
    id,
    parentId: parent?.slice(36, 52),
    name: type.name(about),
    kind: type.kind,
    startMs,
    endMs,
    alike: undefined,
    attributes: failure ? { ...attributes, ...failureAttributes(failure) } : attributes,
    status: api ? (api.status as SpanStatus) : statusOf(failure, isServer),
    links: cause === undefined && api === undefined ? none : [...causes(cause), ...linksOf(api)],
    events: api?.events ?? none,
    dropped,
  };
}

/** The caller's span, and of a call within the process the callee's. */
function call(record: RecordedCall | RecordedStream, to: (facts: SpanFacts) => void): void {
  const { edge, failure, trace, startMs, endMs, serverId } = record;
  const { caller, callee, member } = edge.facts;
  const failed = failure ? failureAttributes(failure) : nothing;
  const common = {
    scope: SCOPE,
    traceId: trace.id,
    name: member,
    startMs,
    endMs,
    alike: edge.attributes,
    links: none,
    events: none,
    dropped,
  };
  to({
    ...common,
    service: caller,
    id: record.clientId,
    parentId: record.parent.slice(36, 52),
    kind: "client",
    attributes: { ...failed, ...sent(record) },
    status: statusOf(failure, false),
  });
  if (serverId === undefined) return;
  to({
    ...common,
    service: callee,
    id: serverId,
    parentId: record.clientId,
    kind: "server",
    attributes: failed,
    status: statusOf(failure, true),
  });
}

/** What only its caller tells of it. */
function sent(record: RecordedCall | RecordedStream): Attributes {
  if (record instanceof RecordedStream)
    return { "kerf.stream.messages": record.messages, "kerf.stream.bytes": record.bytes };
  const { requestBytes, replyBytes, request, reply } = record;
  if (requestBytes === undefined && request === undefined) return nothing;
  return {
    "kerf.request.bytes": requestBytes,
    "kerf.reply.bytes": replyBytes,
    "kerf.request.body": request,
    "kerf.reply.body": reply,
  };
}

function failureAttributes(failure: Failure): Attributes {
  return { "error.type": failure.type, "kerf.error.code": failure.declared };
}

/** What a contract declares is no failure of the one who answers it, and one for those who asked. */
function statusOf(failure: Failure | undefined, isServer: boolean): SpanStatus {
  if (failure === undefined || (isServer && !failure.fault)) return unset;
  return { code: 2, message: failure.message };
}

function causes(traceparent: string | undefined): readonly SpanLink[] {
  if (traceparent === undefined) return none;
  return [{ traceId: traceparent.slice(3, 35), id: traceparent.slice(36, 52), attributes: nothing }];
}

function linksOf(api: ApiSpan | undefined): readonly SpanLink[] {
  return (api?.links ?? []).map(({ context, attributes }: Link) => ({
    traceId: context.traceId,
    id: context.spanId,
    attributes: attributes ?? nothing,
  }));
}
