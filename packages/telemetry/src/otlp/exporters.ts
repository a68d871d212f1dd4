import type { createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Destination } from "../settings/destination.ts";
import type { Exporter } from "./exporter.ts";
import { retried } from "./retried.ts";

/**
 * What the stock exporters of spans are made of, but for their serialisation: a batch comes as the body of its request. As all
 * of them, loaded where it is wanted: they are most of what OpenTelemetry weighs.
 */
export async function spanExporter(to: Destination): Promise<Exporter<Uint8Array>> {
  const { url, protocol, timeoutMs } = to;
  const { JsonTraceSerializer, ProtobufTraceSerializer } = await import("@opentelemetry/otlp-transformer");
  const { deserializeResponse } = protocol === "http/json" ? JsonTraceSerializer : ProtobufTraceSerializer;
  const written = { serializeRequest: (body: Uint8Array) => body, deserializeResponse };
  const counted = { name: "span", countItems: () => 0 } as const;
  if (protocol === "grpc") {
    const { convertLegacyOtlpGrpcOptions, createOtlpGrpcExportDelegate } =
      await import("@opentelemetry/otlp-grpc-exporter-base");
    const sender = createOtlpGrpcExportDelegate(
      convertLegacyOtlpGrpcOptions({ url }, "TRACES"),
      written,
      "otlp_grpc_span_exporter",
      counted,
      undefined,
      "TraceExportService",
      "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    );
    return retried(sender, timeoutMs);
  }
  const { convertLegacyHttpOptions, createOtlpHttpExportDelegate } =
    await import("@opentelemetry/otlp-exporter-base/node-http");
  const type = protocol === "http/json" ? "application/json" : "application/x-protobuf";
  return createOtlpHttpExportDelegate(
    to.copy
      ? await copyOptions(to)
      : convertLegacyHttpOptions({ url }, "TRACES", "v1/traces", { "Content-Type": type }),
    written,
    "otlp_http_span_exporter",
    counted,
    undefined,
  );
}

export async function metricExporter(to: Destination): Promise<Exporter<ResourceMetrics>> {
  const { url, protocol, timeoutMs } = to;
  if (to.copy) {
    const { createOtlpHttpExportDelegate } = await import("@opentelemetry/otlp-exporter-base/node-http");
    const { MetricsExporterMetricsHelper, ProtobufMetricsSerializer } =
      await import("@opentelemetry/otlp-transformer");
    return createOtlpHttpExportDelegate(
      await copyOptions(to),
      ProtobufMetricsSerializer,
      "otlp_http_metric_exporter",
      MetricsExporterMetricsHelper,
      undefined,
    );
  }
  if (protocol === "grpc") {
    const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-grpc");
    return retried(new OTLPMetricExporter({ url }), timeoutMs);
  }
  const { OTLPMetricExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-metrics-otlp-http")
      : await import("@opentelemetry/exporter-metrics-otlp-proto");
  return new OTLPMetricExporter({ url });
}

export async function logExporter({
  url,
  protocol,
  timeoutMs,
}: Destination): Promise<Exporter<ReadableLogRecord[]>> {
  if (protocol === "grpc") {
    const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-grpc");
    return retried(new OTLPLogExporter({ url }), timeoutMs);
  }
  const { OTLPLogExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-logs-otlp-http")
      : await import("@opentelemetry/exporter-logs-otlp-proto");
  return new OTLPLogExporter({ url });
}

/** As those that the stock exporters read from the environment, but without it: its headers may hold a key of somebody else. */
async function copyOptions({
  url,
  timeoutMs,
}: Destination): Promise<Parameters<typeof createOtlpHttpExportDelegate>[0]> {
  const { httpAgentFactoryFromOptions } = await import("@opentelemetry/otlp-exporter-base/node-http");
  return {
    url,
    timeoutMillis: timeoutMs,
    concurrencyLimit: 30,
    compression: "none",
    headers: () => Promise.resolve({ "Content-Type": "application/x-protobuf" }),
    agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
  };
}
