import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
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
  readonly points: readonly {
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly value: number;
  }[];
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  readonly metrics: ReceivedMetric[];
  /** Of each request. */
  readonly contentTypes: string[];
  /** Answered instead of 200 from now on. */
  fail(status: number): void;
}

/** An OTLP receiver over HTTP that reads both protobuf, by the published definitions, and JSON. */
export async function otlpReceiver(): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const contentTypes: string[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const type = request.headers["content-type"] ?? "";
      contentTypes.push(type);
      const isTraces = request.url!.endsWith("/v1/traces");
      if (status === 200 && isTraces) spans.push(...spansOf(decode("ExportTrace", type, body)));
      else if (status === 200) metrics.push(...metricsOf(decode("ExportMetrics", type, body)));
      response.writeHead(status, { "content-type": type }).end(type.includes("json") ? "{}" : undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    contentTypes,
    fail: (given) => void (status = given),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

/** Of https://github.com/open-telemetry/opentelemetry-proto what is looked at here. */
const definitions = protobuf.parse(
  `syntax = "proto3";
  message ExportTrace { repeated ResourceSpans resource_spans = 1; }
  message ExportMetrics { repeated ResourceMetrics resource_metrics = 1; }
  message Resource { repeated KeyValue attributes = 1; }
  message Scope { string name = 1; string version = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    repeated Event events = 11; repeated Link links = 13; Status status = 15; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
  message Metric { string name = 1; string unit = 3; oneof data { Points gauge = 5; Points sum = 7; Buckets histogram = 9; } }
  message Points { repeated Point data_points = 1; }
  message Point { fixed64 start = 2; fixed64 time = 3; double as_double = 4; fixed64 as_int = 6; repeated KeyValue attributes = 7; }
  message Buckets { repeated Bucket data_points = 1; }
  message Bucket { repeated KeyValue attributes = 9; fixed64 count = 4; double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; }`,
).root;

function decode(message: string, type: string, body: Buffer): any {
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
        name: span.name,
        kind: span.kind,
        attributes: attributesOf(span.attributes),
        links: span.links.map((link: any) => ({ traceId: id(link.traceId), spanId: id(link.spanId) })),
        status: span.status?.code ?? 0,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        events: span.events.map(({ name }: any) => name),
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
          points: metric[kind].dataPoints.map((point: any) => ({
            attributes: attributesOf(point.attributes),
            value: Number(kind === "histogram" ? point.count : (point.asDouble ?? point.asInt)),
          })),
        };
      }),
    ),
  );
}

function attributesOf(list: any[] = []): Record<string, unknown> {
  return Object.fromEntries(
    list.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue),
    ]),
  );
}

function id(value: string | Buffer | undefined): string {
  return value === undefined ? "" : typeof value === "string" ? value : value.toString("hex");
}
