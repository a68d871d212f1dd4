import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import type { LogList, MapView, MetricList, SeriesList, TraceList, TraceView } from "@kerf/dashboard/api";
import { opened, until } from "./opened.ts";

const resource = resourceFromAttributes({
  "service.name": "orders",
  "kerf.unit": "back",
  "service.instance.id": "back-1",
});
type Settings = NonNullable<ConstructorParameters<typeof ProtobufExporter>[0]>;
interface Places {
  readonly url: string;
  readonly grpc: string;
}
const gzip = { compression: "gzip" as NonNullable<Settings["compression"]> };

test.each([
  ["protobuf", ({ url }: Places) => new ProtobufExporter({ url })],
  ["protobuf and gzip", ({ url }: Places) => new ProtobufExporter({ url, ...gzip })],
  ["JSON", ({ url }: Places) => new JsonExporter({ url })],
  ["JSON and gzip", ({ url }: Places) => new JsonExporter({ url, ...gzip })],
  ["gRPC", ({ grpc }: Places) => new GrpcExporter({ url: grpc })],
  ["gRPC and gzip", ({ grpc }: Places) => new GrpcExporter({ url: grpc, ...gzip })],
])("a trace of the stock SDK arrives whole by %s", async (_, exporterTo) => {
  const { dashboard, read } = await opened({ grpcPort: 0 });
  const exporter = exporterTo({ url: `${dashboard.endpoint}/v1/traces`, grpc: dashboard.grpcEndpoint! });
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer("test");
  const cause = tracer.startSpan("cause", {}, ROOT_CONTEXT);
  cause.end();
  const root = tracer.startSpan(
    "POST /orders",
    { kind: SpanKind.SERVER, attributes: { "http.request.method": "POST", "http.route": "/orders" } },
    ROOT_CONTEXT,
  );
  const within = trace.setSpan(ROOT_CONTEXT, root);
  const call = tracer.startSpan(
    "inventory@1.reserve",
    {
      kind: SpanKind.CLIENT,
      links: [{ context: cause.spanContext(), attributes: { why: "told" } }],
      attributes: {
        "rpc.system": "kerf",
        "kerf.member": "inventory@1.reserve",
        "kerf.caller": "orders",
        "kerf.local": true,
        "kerf.request.bytes": 120,
        big: 2 ** 40,
        share: 0.25,
        list: ["a", "b"],
        "läßt ☃": "yes",
      },
    },
    within,
  );
  call.addEvent("retried", { attempt: 2 });
  call.setStatus({ code: SpanStatusCode.ERROR, message: "sold out" });
  call.end();
  root.end();
  await provider.forceFlush();
  await provider.shutdown();

  const { traceId, spanId } = root.spanContext();
  const view = await until(
    () => read<TraceList>("/api/traces?service=orders&status=error"),
    ({ traces }) => traces.length === 1,
  );
  expect(view.traces[0]).toMatchObject({
    traceId,
    name: "POST /orders",
    service: "orders",
    spans: 2,
    errors: 1,
    services: ["orders"],
  });
  const whole = await read<TraceView>(`/api/traces/${traceId}`);
  expect(whole.spans.map(({ name }) => name)).toEqual(["POST /orders", "inventory@1.reserve"]);
  expect(whole.spans[0]).toMatchObject({
    spanId,
    parentSpanId: null,
    kind: "server",
    critical: true,
    unit: "back",
  });
  expect(whole.spans[1]).toMatchObject({
    parentSpanId: spanId,
    kind: "client",
    member: "inventory@1.reserve",
    local: true,
    status: "error",
    statusMessage: "sold out",
    instance: "back-1",
    attributes: { big: 2 ** 40, share: 0.25, list: ["a", "b"], "läßt ☃": "yes" },
    events: [{ name: "retried", attributes: { attempt: 2 } }],
    links: [{ traceId: cause.spanContext().traceId, attributes: { why: "told" } }],
  });
  expect(Math.abs(whole.startAt - Date.now())).toBeLessThan(60_000);
  expect(whole.related.map((one) => one.traceId)).toEqual([cause.spanContext().traceId]);

  const map = await read<MapView>("/api/map");
  const edge = map.edges.find(({ from, to }) => from === "service:orders" && to === "service:inventory");
  expect(edge).toMatchObject({
    kind: "call",
    local: true,
    seen: true,
    requestBytes: 120,
    replyBytes: null,
    traffic: { count: 1, errors: 1 },
    members: [{ name: "inventory@1.reserve" }],
  });
});

test("logs of the stock SDK are found by level, text and trace", async () => {
  const { dashboard, read } = await opened();
  const exporter = new OTLPLogExporter({ url: `${dashboard.endpoint}/v1/logs` });
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger("test");
  const spanContext = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: 1,
  };
  logger.emit({ severityNumber: 9, body: "placed", attributes: { order: 7 } });
  logger.emit({
    severityNumber: 17,
    body: "the card was declined",
    attributes: { member: "payments@1.charge" },
    context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
  });
  await provider.forceFlush();
  await provider.shutdown();
  const all = await until(
    () => read<LogList>("/api/logs"),
    ({ logs }) => logs.length === 2,
  );
  expect(all.logs[1]).toMatchObject({
    level: "info",
    message: "placed",
    service: "orders",
    unit: "back",
    attributes: { order: 7 },
  });
  for (const query of ["level=warn", "text=DECLINED", `traceId=${spanContext.traceId}`]) {
    const { logs } = await read<LogList>(`/api/logs?${query}`);
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({
      level: "error",
      member: "payments@1.charge",
      spanId: spanContext.spanId,
    });
  }
});

test("metrics of the stock SDK become rates, values and percentiles", async () => {
  const { dashboard, read } = await opened();
  const exporter = new OTLPMetricExporter({ url: `${dashboard.endpoint}/v1/metrics` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter("test");
  const calls = meter.createCounter("kerf.edge.calls", { unit: "{call}", description: "Calls." });
  const waiting = meter.createGauge("waiting");
  const duration = meter.createHistogram("kerf.edge.duration", {
    unit: "s",
    advice: { explicitBucketBoundaries: [0.01, 0.1, 1] },
  });
  calls.add(30, { "kerf.callee": "inventory" });
  calls.add(10, { "kerf.callee": "payments" });
  waiting.record(4);
  for (let i = 0; i < 100; i++) duration.record(i < 90 ? 0.005 : 0.5);
  await provider.forceFlush();
  // They count from the start of the process: only what is added since counts again.
  calls.add(5, { "kerf.callee": "payments" });
  await provider.forceFlush();
  await provider.shutdown();

  const { metrics } = await until(
    () => read<MetricList>("/api/metrics"),
    (list) => list.metrics.length >= 3,
  );
  expect(metrics.find(({ name }) => name === "kerf.edge.calls")).toEqual({
    name: "kerf.edge.calls",
    kind: "counter",
    unit: "{call}",
    description: "Calls.",
    services: ["orders"],
    attributes: ["kerf.callee"],
  });
  const series = (rest: string) => read<SeriesList>(`/api/metrics/series?stepMs=600000&${rest}`);
  const counted = await until(
    () => series("name=kerf.edge.calls&by=kerf.callee"),
    (list) => Math.round(total(list, "payments") * 600) === 15,
  );
  expect(Math.round(total(counted, "inventory") * 600)).toBe(30);
  const gauge = await series("name=waiting");
  expect(gauge.series[0]!.points.at(-1)!.value).toBe(4);
  const latency = await series("name=kerf.edge.duration");
  const [point] = latency.series[0]!.points;
  expect(point!.p50).toBeLessThan(0.01);
  expect(point!.p95).toBeGreaterThan(0.1);
  expect(point!.p95).toBeLessThan(1);
});

function total(list: SeriesList, callee: string): number {
  const found = list.series.find(({ labels }) => labels["kerf.callee"] === callee);
  return (found?.points ?? []).reduce((sum, { value }) => sum + value, 0);
}
