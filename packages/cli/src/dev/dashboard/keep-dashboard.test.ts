import { expect, test } from "vitest";
import { telemetryOf, urlOf } from "./keep-dashboard.ts";

const place = { host: "127.0.0.1", port: 4002, grpcPort: 4003, token: "secret" };

test("units send to the dashboard, and their logs go by way of the supervisor", () => {
  expect(telemetryOf(place, {})).toEqual({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4002",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_LOGS_EXPORTER: "none",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
  });
  expect(telemetryOf(place, { OTEL_EXPORTER_OTLP_TRACES_HEADERS: "api-key=secret" })).toMatchObject({
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "",
  });
});

test("what the user says of telemetry stays, and the dashboard has the same", () => {
  for (const name of ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
    expect(telemetryOf(place, { [name]: "http://collector:4318" })).toEqual({
      KERF_DASHBOARD_OTLP: "http://127.0.0.1:4002",
    });
  expect(telemetryOf(place, { OTEL_METRIC_EXPORT_INTERVAL: "60000" })).toMatchObject({
    OTEL_METRIC_EXPORT_INTERVAL: "60000",
  });
  expect(telemetryOf(undefined, {})).toEqual({});
});

test("the token travels where browsers send nothing", () => {
  const url = new URL(urlOf(place));
  expect(url.hash).toBe("#token=secret");
  expect(url.pathname + url.search).toBe("/");
});
