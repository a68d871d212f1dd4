import protobuf from "protobufjs";

/** As OTLP has it in JSON: ids in hexadecimal, 64-bit numbers as text, kinds as numbers. */
export interface ReceivedSpan {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  /** `""` for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: number;
  /** Unix nanoseconds. */
  readonly start: bigint;
  readonly end: bigint;
  readonly events: readonly string[];
}

export interface ReceivedMetric {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly unit: string;
  readonly kind: "sum" | "gauge" | "histogram";
  /** Whether it counts from the export before. */
  readonly delta: boolean;
  readonly points: readonly {
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly value: number;
  }[];
}

export interface ReceivedLog {
  readonly resource: Readonly<Record<string, unknown>>;
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly severity: number;
  readonly severityText: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
}

export interface Received {
  readonly spans: ReceivedSpan[];
  readonly metrics: ReceivedMetric[];
  readonly logs: ReceivedLog[];
}

/** Of https://github.com/open-telemetry/opentelemetry-proto what is looked at here. */
const definitions = protobuf.parse(
  `syntax = "proto3";
  message ExportTrace { repeated ResourceSpans resource_spans = 1; }
  message ExportMetrics { repeated ResourceMetrics resource_metrics = 1; }
  message ExportLogs { repeated ResourceLogs resource_logs = 1; }
  message Resource { repeated KeyValue attributes = 1; }
  message Scope { string name = 1; string version = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }
  message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
  message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
  message LogRecord {
    fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
    repeated KeyValue attributes = 6; bytes trace_id = 9; bytes span_id = 10; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    uint32 dropped_attributes_count = 10; repeated Event events = 11; uint32 dropped_events_count = 12;
    repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15; fixed32 flags = 16; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; repeated KeyValue attributes = 4; }
  message Status { string message = 2; int32 code = 3; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
  message Metric { string name = 1; string unit = 3; oneof data { Points gauge = 5; Points sum = 7; Buckets histogram = 9; } }
  message Points { repeated Point data_points = 1; int32 aggregation_temporality = 2; }
  message Point { fixed64 start = 2; fixed64 time = 3; double as_double = 4; fixed64 as_int = 6; repeated KeyValue attributes = 7; }
  message Buckets { repeated Bucket data_points = 1; int32 aggregation_temporality = 2; }
  message Bucket { repeated KeyValue attributes = 9; fixed64 count = 4; double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; }`,
).root;

type Message = "ExportTrace" | "ExportMetrics" | "ExportLogs";

/** Puts what an export has among what was received. */
export function receive(into: Received, message: Message, type: string, body: Buffer): void {
  const request = decode(message, type, body);
  if (message === "ExportTrace") into.spans.push(...spansOf(request));
  else if (message === "ExportMetrics") into.metrics.push(...metricsOf(request));
  else into.logs.push(...logsOf(request));
}

/** The request as its definitions have it: 64-bit numbers as text. */
export function decode(message: Message, type: string, body: Buffer): any {
  if (type.includes("json")) return JSON.parse(body.toString());
  const found = definitions.lookupType(message);
  return found.toObject(found.decode(body), { longs: String, bytes: Buffer, arrays: true });
}

function spansOf(request: any): ReceivedSpan[] {
  return request.resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
    scopeSpans.flatMap(({ scope, spans }: any) =>
      spans.map((span: any): ReceivedSpan => ({
        resource: attributesOf(resource.attributes),
        scope: scope.name,
        traceId: id(span.traceId),
        spanId: id(span.spanId),
        parentSpanId: id(span.parentSpanId),
        name: span.name ?? "",
        kind: span.kind,
        attributes: attributesOf(span.attributes),
        links: span.links.map((link: any) => ({ traceId: id(link.traceId), spanId: id(link.spanId) })),
        status: span.status?.code ?? 0,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        events: span.events.map(({ name }: any) => name ?? ""),
      })),
    ),
  );
}

function metricsOf(request: any): ReceivedMetric[] {
  return request.resourceMetrics.flatMap(({ resource, scopeMetrics }: any) =>
    scopeMetrics.flatMap(({ metrics }: any) =>
      metrics.map((metric: any): ReceivedMetric => {
        const kind = metric.sum ? "sum" : metric.gauge ? "gauge" : "histogram";
        return {
          resource: attributesOf(resource.attributes),
          name: metric.name,
          unit: metric.unit,
          kind,
          delta: metric[kind].aggregationTemporality === 1,
          points: metric[kind].dataPoints.map((point: any) => ({
            attributes: attributesOf(point.attributes),
            value: Number(kind === "histogram" ? point.count : (point.asDouble ?? point.asInt)),
          })),
        };
      }),
    ),
  );
}

function logsOf(request: any): ReceivedLog[] {
  return request.resourceLogs.flatMap(({ resource, scopeLogs }: any) =>
    scopeLogs.flatMap(({ logRecords }: any) =>
      logRecords.map((record: any): ReceivedLog => ({
        resource: attributesOf(resource.attributes),
        atMs: Number(BigInt(record.timeUnixNano) / 1_000_000n),
        severity: record.severityNumber,
        severityText: record.severityText,
        body: valueOf(record.body),
        attributes: attributesOf(record.attributes),
        traceId: id(record.traceId),
        spanId: id(record.spanId),
      })),
    ),
  );
}

function attributesOf(list: any[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: any = {}): unknown {
  if (value.arrayValue) return value.arrayValue.values.map(valueOf);
  if (value.kvlistValue) return attributesOf(value.kvlistValue.values);
  const { stringValue, boolValue, doubleValue, intValue } = value;
  // JSON has the numbers that it has no digits for as text, as it has those of 64 bits.
  const number = doubleValue ?? intValue;
  return stringValue ?? boolValue ?? (number === undefined ? undefined : Number(number));
}

function id(value: string | Buffer | undefined): string {
  return value === undefined ? "" : typeof value === "string" ? value : value.toString("hex");
}
