import type { Link, SpanContext, SpanStatus } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Attributes, Failure, SpanKind } from "@kerf/runtime/telemetry";
import { ApiSpan } from "../api/span.ts";
import { PlainSpan, RecordedStream, type RecordedCall, type SpanRecord } from "../recorder/record.ts";
import type { SpanLimits } from "../settings/limits.ts";
import { limited } from "./attributes.ts";
import { hrTime } from "./hr-time.ts";
import type { Resources } from "./resources.ts";
import { SCOPE, type Scope } from "./scope.ts";

/** As OpenTelemetry numbers them. */
const kinds: Readonly<Record<SpanKind, number>> = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4,
};

const UNSET: SpanStatus = { code: 0 };

/** What all spans of a batch have in common. */
export interface Reading {
  readonly resources: Resources;
  readonly limits: SpanLimits;
  /** Unix milliseconds of `performance.now() === 0`. */
  readonly startedAt: number;
}

/** Turns records into what OpenTelemetry's exporters take. */
export function readableSpans(records: readonly SpanRecord[], reading: Reading): ReadableSpan[] {
  return records.flatMap((record) =>
    record instanceof PlainSpan ? [plain(record, reading)] : call(record, reading),
  );
}

function plain(record: PlainSpan<unknown>, reading: Reading): ReadableSpan {
  const { resources, startedAt } = reading;
  const { type, about, failure } = record;
  const cause = type.cause?.(about);
  const api = about instanceof ApiSpan ? about : undefined;
  const isServer = type.kind === "server" || type.kind === "consumer";
  return span({
    record,
    id: record.id,
    parentId: record.parent?.slice(36, 52),
    name: type.name(about),
    kind: type.kind,
    attributes: { ...type.attributes(about), ...failureAttributes(failure) },
    status: api ? api.status : statusOf(failure, isServer),
    resource: resources.of(type.service(about)),
    links: [...(cause === undefined ? [] : [{ context: contextOf(cause) }]), ...(api?.links ?? [])],
    events: api?.events(startedAt) ?? [],
    scope: api?.scope ?? SCOPE,
    reading,
  });
}

/** The caller's span, and of a call within the process the callee's. */
function call(record: RecordedCall | RecordedStream, reading: Reading): ReadableSpan[] {
  const { resources } = reading;
  const { edge, failure } = record;
  const { caller, callee, member, local } = edge.facts;
  const at = member.indexOf(".");
  const attributes: Attributes = {
    "rpc.system": "kerf",
    "rpc.service": member.slice(0, at),
    "rpc.method": member.slice(at + 1),
    "kerf.member": member,
    "kerf.local": local,
    "kerf.caller": caller,
    ...failureAttributes(failure),
  };
  const clientOnly: Attributes =
    record instanceof RecordedStream
      ? { "kerf.stream.messages": record.messages, "kerf.stream.bytes": record.bytes }
      : {
          "kerf.request.bytes": record.requestBytes,
          "kerf.reply.bytes": record.replyBytes,
          "kerf.request.body": record.request,
          "kerf.reply.body": record.reply,
        };
  const common = { record, name: member, attributes, links: [], events: [], scope: SCOPE, reading };
  const client = span({
    ...common,
    attributes: { ...attributes, ...clientOnly },
    id: record.clientId,
    parentId: record.parent.slice(36, 52),
    kind: "client",
    status: statusOf(failure, false),
    resource: resources.of(caller),
  });
  if (record.serverId === undefined) return [client];
  const server = span({
    ...common,
    id: record.serverId,
    parentId: record.clientId,
    kind: "server",
    status: statusOf(failure, true),
    resource: resources.of(callee),
  });
  return [client, server];
}

interface Parts {
  readonly record: SpanRecord;
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly resource: ReadableSpan["resource"];
  readonly links: Link[];
  readonly events: ReadableSpan["events"];
  readonly scope: Scope;
  readonly reading: Reading;
}

function span(parts: Parts): ReadableSpan {
  const { trace, startMs, endMs } = parts.record;
  const { startedAt, limits } = parts.reading;
  const context = (spanId: string): SpanContext => ({ traceId: trace.id, spanId, traceFlags: 1 });
  const own = context(parts.id);
  return {
    name: parts.name,
    kind: kinds[parts.kind],
    spanContext: () => own,
    ...(parts.parentId === undefined ? {} : { parentSpanContext: context(parts.parentId) }),
    startTime: hrTime(startedAt + startMs),
    endTime: hrTime(startedAt + endMs),
    duration: hrTime(endMs - startMs),
    status: parts.status,
    ...limited(parts.attributes, limits),
    links: parts.links.slice(0, limits.links),
    events: parts.events.slice(0, limits.events),
    ended: true,
    resource: parts.resource,
    instrumentationScope: parts.scope,
    droppedEventsCount: Math.max(0, parts.events.length - limits.events),
    droppedLinksCount: Math.max(0, parts.links.length - limits.links),
  };
}

function failureAttributes(failure: Failure | undefined): Attributes {
  if (failure === undefined) return {};
  return { "error.type": failure.type, "kerf.error.code": failure.declared };
}

/** What a contract declares is no failure of the one who answers it, and one for those who asked. */
function statusOf(failure: Failure | undefined, isServer: boolean): SpanStatus {
  if (failure === undefined || (isServer && !failure.fault)) return UNSET;
  return failure.message === undefined ? { code: 2 } : { code: 2, message: failure.message };
}

function contextOf(traceparent: string): SpanContext {
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags: 1 };
}
