import type { Attributes as OtelAttributes, Link, SpanContext, SpanStatus } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Attributes, Failure, SpanKind } from "@kerf/runtime/telemetry";
import { ApiSpan } from "../api/span.ts";
import { PlainSpan, type RecordedCall, type SpanRecord } from "../recorder/record.ts";
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

/** Turns records into what OpenTelemetry's exporters take. `startedAt`: Unix milliseconds of `performance.now() === 0`. */
export function readableSpans(
  records: readonly SpanRecord[],
  resources: Resources,
  startedAt: number,
): ReadableSpan[] {
  return records.flatMap((record) =>
    record instanceof PlainSpan ? [plain(record, resources, startedAt)] : call(record, resources, startedAt),
  );
}

function plain(record: PlainSpan<unknown>, resources: Resources, startedAt: number): ReadableSpan {
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
    startedAt,
  });
}

/** The caller's span, and of a call within the process the callee's. */
function call(record: RecordedCall, resources: Resources, startedAt: number): ReadableSpan[] {
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
  const clientOnly: Attributes = {
    "kerf.request.bytes": record.requestBytes,
    "kerf.reply.bytes": record.replyBytes,
    "kerf.request.body": record.request,
    "kerf.reply.body": record.reply,
  };
  const common = { record, name: member, attributes, links: [], events: [], scope: SCOPE, startedAt };
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
  readonly startedAt: number;
}

function span(parts: Parts): ReadableSpan {
  const { trace, startMs, endMs } = parts.record;
  const context = (spanId: string): SpanContext => ({ traceId: trace.id, spanId, traceFlags: 1 });
  const own = context(parts.id);
  return {
    name: parts.name,
    kind: kinds[parts.kind],
    spanContext: () => own,
    ...(parts.parentId === undefined ? {} : { parentSpanContext: context(parts.parentId) }),
    startTime: hrTime(parts.startedAt + startMs),
    endTime: hrTime(parts.startedAt + endMs),
    duration: hrTime(endMs - startMs),
    status: parts.status,
    attributes: defined(parts.attributes),
    links: parts.links,
    events: parts.events,
    ended: true,
    resource: parts.resource,
    instrumentationScope: parts.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
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

function defined(attributes: Attributes): OtelAttributes {
  const given: OtelAttributes = {};
  for (const name in attributes) if (attributes[name] !== undefined) given[name] = attributes[name];
  return given;
}

function contextOf(traceparent: string): SpanContext {
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags: 1 };
}
