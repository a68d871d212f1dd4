import { describe, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

describe("the standard variables", () => {
  test("export nothing where they name no endpoint, and do nothing where they turn it off", () => {
    expect(readSettings({})).toMatchObject({ traces: undefined, metrics: undefined, payloads: false });
    expect(readSettings({ OTEL_SDK_DISABLED: "True" })).toBeUndefined();
  });

  test("name one endpoint for all, or one for each", () => {
    expect(readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" })).toMatchObject({
      traces: { url: "http://collector:4318/v1/traces", protocol: "http/protobuf" },
      metrics: { url: "http://collector:4318/v1/metrics" },
    });
    expect(
      readSettings({
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/in",
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
      }),
    ).toMatchObject({
      traces: { url: "https://traces.example/in", protocol: "http/json" },
      metrics: undefined,
    });
    expect(
      readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", OTEL_METRICS_EXPORTER: "none" }),
    ).toMatchObject({ metrics: undefined });
  });

  test("have a dashboard sent the same traces and metrics, wherever the user's go, unless the user wants none", () => {
    const KERF_DASHBOARD_OTLP = "http://127.0.0.1:4002";
    expect(readSettings({ KERF_DASHBOARD_OTLP, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toMatchObject({
      traces: undefined,
      copies: {
        traces: { url: "http://127.0.0.1:4002/v1/traces", protocol: "http/protobuf" },
        metrics: { url: "http://127.0.0.1:4002/v1/metrics" },
      },
    });
    expect(
      readSettings({ KERF_DASHBOARD_OTLP, OTEL_TRACES_EXPORTER: "none" })!.copies.traces,
    ).toBeUndefined();
    expect(() => readSettings({ KERF_DASHBOARD_OTLP: "here" })).toThrow('KERF_DASHBOARD_OTLP is "here"');
  });

  test("name targets of gRPC, encrypted or not", () => {
    const url = (more: Record<string, string>) =>
      readSettings({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_TRACES_EXPORTER: "otlp", ...more })!.traces!
        .url;
    expect(url({})).toBe("http://localhost:4317");
    expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4317" })).toBe("http://c:4317");
    expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: "c:4317" })).toBe("https://c:4317");
    expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: "c:4317", OTEL_EXPORTER_OTLP_INSECURE: "True" })).toBe(
      "http://c:4317",
    );
  });

  test("say what leaves by which way", () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" };
    expect(readSettings({ ...endpoint, OTEL_METRICS_EXPORTER: "prometheus" })!.metrics).toBeUndefined();
    expect(readSettings({ ...endpoint, OTEL_METRICS_EXPORTER: "prometheus, otlp" })!.metrics).toBeDefined();
    const logs = readSettings({
      ...endpoint,
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "500",
    })!.logs;
    expect(logs).toEqual({ url: "http://c:4318/v1/logs", protocol: "http/json", timeoutMs: 500 });
    expect(readSettings({ ...endpoint, OTEL_PROPAGATORS: "baggage" })!.propagators).toEqual({
      traceContext: false,
      baggage: true,
    });
    expect(readSettings(endpoint)!.propagators.baggage).toBe(false);
  });

  test("say who tells", () => {
    const text = "service.name=whole,team=a%2Cb, deployment.environment.name = test ";
    expect(readSettings({ OTEL_RESOURCE_ATTRIBUTES: text })).toMatchObject({
      serviceName: "whole",
      attributes: { team: "a,b", "deployment.environment.name": "test" },
    });
    expect(readSettings({ OTEL_RESOURCE_ATTRIBUTES: text, OTEL_SERVICE_NAME: "other" })!.serviceName).toBe(
      "other",
    );
  });

  test.each([
    [{ OTEL_TRACES_SAMPLER: "jaeger_remote" }, /OTEL_TRACES_SAMPLER is "jaeger_remote"; known are/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, /OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4318"/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_EXPORTER_OTLP_PROTOCOL: "thrift" },
      /OTEL_EXPORTER_OTLP_PROTOCOL is "thrift"; known are http\/protobuf, http\/json and grpc/,
    ],
    [{ OTEL_TRACES_EXPORTER: "zipkin" }, /OTEL_TRACES_EXPORTER is "zipkin"; known are otlp and none/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://c:21", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
      /OTEL_EXPORTER_OTLP_ENDPOINT is "ftp:\/\/c:21"; for gRPC it is http:\/\/host:port/,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "https://c", OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere.pem" },
      /OTEL_EXPORTER_OTLP_CERTIFICATE is "\/nowhere.pem", a file that cannot be read/,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "brotli" },
      /OTEL_EXPORTER_OTLP_LOGS_COMPRESSION is "brotli"; known are none and gzip/,
    ],
    [
      { OTEL_PROPAGATORS: "tracecontext,b3" },
      /OTEL_PROPAGATORS is "b3"; known are tracecontext, baggage and none/,
    ],
    [{ OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "lowmemory" }, /known are cumulative and delta/],
    [
      {
        OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
      },
      /known are explicit_bucket_histogram/,
    ],
    [{ OTEL_METRICS_EXEMPLAR_FILTER: "always_on" }, /known are trace_based and always_off/],
    [{ OTEL_CONFIG_FILE: "otel.yaml" }, /OTEL_CONFIG_FILE is set, and no such file is read here/],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: "0" }, /OTEL_METRIC_EXPORT_TIMEOUT is "0"/],
    [{ KERF_TRACE_SLOW_MS: "1s" }, /KERF_TRACE_SLOW_MS is "1s"; it is a whole number/],
    [{ OTEL_RESOURCE_ATTRIBUTES: "a=%" }, /OTEL_RESOURCE_ATTRIBUTES has "a=%"/],
  ])("that are wrong are named: %j", (environment, message) => {
    expect(() => readSettings(environment)).toThrow(message);
  });
});
