import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Destination } from "../settings/destination.ts";
import type { Exporter } from "./exporter.ts";
import { retried } from "./retried.ts";

/** The stock exporters, loaded where they are wanted: they are most of what OpenTelemetry weighs. */
export async function spanExporter({
  url,
  protocol,
  timeoutMs,
}: Destination): Promise<Exporter<ReadableSpan[]>> {
  if (protocol === "grpc") {
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-grpc");
    return retried(new OTLPTraceExporter({ url }), timeoutMs);
  }
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter({ url });
}

export async function metricExporter({
  url,
  protocol,
  timeoutMs,
}: Destination): Promise<Exporter<ResourceMetrics>> {
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
