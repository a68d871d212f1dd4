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
    [{ OTEL_TRACES_EXPORTER: "zipkin" }, /OTEL_TRACES_EXPORTER is "zipkin"/],
    [{ KERF_TRACE_SLOW_MS: "1s" }, /KERF_TRACE_SLOW_MS is "1s"; it is a whole number/],
    [{ OTEL_RESOURCE_ATTRIBUTES: "a=%" }, /OTEL_RESOURCE_ATTRIBUTES has "a=%"/],
  ])("that are wrong are named: %j", (environment, message) => {
    expect(() => readSettings(environment)).toThrow(message);
  });
});
