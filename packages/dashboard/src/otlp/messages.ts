import { message, protobuf, type Codec, type Field, type MessageType, type ScalarType } from "@kerf/grpc";

/**
 * The messages of OTLP 1.x, as far as they are kept (opentelemetry-proto, `trace/v1`, `metrics/v1`, `logs/v1`). Their fields
 * are named as in OTLP/JSON, so that both encodings are read by one reader.
 */
const scalar = (name: string, number: number, type: ScalarType): Field => ({ name, number, type });
const one = (name: string, number: number, type: MessageType): Field => ({ name, number, type });
const many = (name: string, number: number, type: Field["type"]): Field => ({
  name,
  number,
  type,
  repeated: true,
});
const either = (name: string, number: number, type: Field["type"]): Field => ({
  name,
  number,
  type,
  oneof: "value",
});

const AnyValue: MessageType = message("opentelemetry.AnyValue", [
  either("stringValue", 1, "string"),
  either("boolValue", 2, "bool"),
  either("intValue", 3, "int64"),
  either("doubleValue", 4, "double"),
  either("arrayValue", 5, () => ArrayValue),
  either("kvlistValue", 6, () => KeyValueList),
  either("bytesValue", 7, "bytes"),
]);
const ArrayValue = message("opentelemetry.ArrayValue", [many("values", 1, AnyValue)]);
const KeyValue = message("opentelemetry.KeyValue", [scalar("key", 1, "string"), one("value", 2, AnyValue)]);
const KeyValueList = message("opentelemetry.KeyValueList", [many("values", 1, KeyValue)]);
const Resource = message("opentelemetry.Resource", [many("attributes", 1, KeyValue)]);
const Scope = message("opentelemetry.InstrumentationScope", [
  scalar("name", 1, "string"),
  scalar("version", 2, "string"),
]);

/** `ExportTraceServiceRequest` and its like: resources, scopes, and what they hold. */
function request(signal: string, resources: string, scopes: string, items: string, item: MessageType) {
  const ScopeItems = message(`opentelemetry.Scope${signal}`, [one("scope", 1, Scope), many(items, 2, item)]);
  const ResourceItems = message(`opentelemetry.Resource${signal}`, [
    one("resource", 1, Resource),
    many(scopes, 2, ScopeItems),
  ]);
  return message(`opentelemetry.Export${signal}Request`, [many(resources, 1, ResourceItems)]);
}

const SpanEvent = message("opentelemetry.Span.Event", [
  scalar("timeUnixNano", 1, "fixed64"),
  scalar("name", 2, "string"),
  many("attributes", 3, KeyValue),
]);
const SpanLink = message("opentelemetry.Span.Link", [
  scalar("traceId", 1, "bytes"),
  scalar("spanId", 2, "bytes"),
  many("attributes", 4, KeyValue),
]);
const Status = message("opentelemetry.Status", [scalar("message", 2, "string"), scalar("code", 3, "int32")]);
const Span = message("opentelemetry.Span", [
  scalar("traceId", 1, "bytes"),
  scalar("spanId", 2, "bytes"),
  scalar("parentSpanId", 4, "bytes"),
  scalar("name", 5, "string"),
  scalar("kind", 6, "int32"),
  scalar("startTimeUnixNano", 7, "fixed64"),
  scalar("endTimeUnixNano", 8, "fixed64"),
  many("attributes", 9, KeyValue),
  many("events", 11, SpanEvent),
  many("links", 13, SpanLink),
  one("status", 15, Status),
]);

const LogRecord = message("opentelemetry.LogRecord", [
  scalar("timeUnixNano", 1, "fixed64"),
  scalar("severityNumber", 2, "int32"),
  scalar("severityText", 3, "string"),
  one("body", 5, AnyValue),
  many("attributes", 6, KeyValue),
  scalar("traceId", 9, "bytes"),
  scalar("spanId", 10, "bytes"),
  scalar("observedTimeUnixNano", 11, "fixed64"),
]);

const NumberPoint = message("opentelemetry.NumberDataPoint", [
  scalar("startTimeUnixNano", 2, "fixed64"),
  scalar("timeUnixNano", 3, "fixed64"),
  either("asDouble", 4, "double"),
  either("asInt", 6, "sfixed64"),
  many("attributes", 7, KeyValue),
]);
const HistogramPoint = message("opentelemetry.HistogramDataPoint", [
  scalar("startTimeUnixNano", 2, "fixed64"),
  scalar("timeUnixNano", 3, "fixed64"),
  scalar("count", 4, "fixed64"),
  { name: "sum", number: 5, type: "double", optional: true },
  many("bucketCounts", 6, "fixed64"),
  many("explicitBounds", 7, "double"),
  many("attributes", 9, KeyValue),
]);
const Buckets = message("opentelemetry.ExponentialHistogramDataPoint.Buckets", [
  scalar("offset", 1, "sint32"),
  many("bucketCounts", 2, "uint64"),
]);
const ExponentialPoint = message("opentelemetry.ExponentialHistogramDataPoint", [
  many("attributes", 1, KeyValue),
  scalar("startTimeUnixNano", 2, "fixed64"),
  scalar("timeUnixNano", 3, "fixed64"),
  scalar("count", 4, "fixed64"),
  { name: "sum", number: 5, type: "double", optional: true },
  scalar("scale", 6, "sint32"),
  scalar("zeroCount", 7, "fixed64"),
  one("positive", 8, Buckets),
]);
const points = (name: string, type: MessageType): MessageType =>
  message(`opentelemetry.${name}`, [
    many("dataPoints", 1, type),
    scalar("aggregationTemporality", 2, "int32"),
    scalar("isMonotonic", 3, "bool"),
  ]);
const Metric = message("opentelemetry.Metric", [
  scalar("name", 1, "string"),
  scalar("description", 2, "string"),
  scalar("unit", 3, "string"),
  either("gauge", 5, points("Gauge", NumberPoint)),
  either("sum", 7, points("Sum", NumberPoint)),
  either("histogram", 9, points("Histogram", HistogramPoint)),
  either("exponentialHistogram", 10, points("ExponentialHistogram", ExponentialPoint)),
  either(
    "summary",
    11,
    points("Summary", message("opentelemetry.SummaryDataPoint", [many("attributes", 7, KeyValue)])),
  ),
]);

export const requests = {
  traces: protobuf(request("Trace", "resourceSpans", "scopeSpans", "spans", Span)),
  metrics: protobuf(request("Metrics", "resourceMetrics", "scopeMetrics", "metrics", Metric)),
  logs: protobuf(request("Logs", "resourceLogs", "scopeLogs", "logRecords", LogRecord)),
} as const satisfies Readonly<Record<string, Codec<unknown>>>;

export type Signal = keyof typeof requests;

/** `ExportTracePartialSuccess` and its like: the fields have the same numbers in all three. */
const PartialSuccess = message("opentelemetry.PartialSuccess", [
  scalar("rejected", 1, "int64"),
  scalar("errorMessage", 2, "string"),
]);
export const answer: Codec<unknown> = protobuf(
  message("opentelemetry.Response", [{ ...one("partialSuccess", 1, PartialSuccess), optional: true }]),
);
/** `google.rpc.Status`, which OTLP/HTTP has for errors. */
export const refusal: Codec<unknown> = protobuf(
  message("google.rpc.Status", [scalar("code", 1, "int32"), scalar("message", 2, "string")]),
);
