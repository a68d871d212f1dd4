import type { SpanType } from "@kerf/runtime/telemetry";
import { createLog } from "@kerf/runtime/log";
import { afterEach, expect, test, vi } from "vitest";
import { openTelemetry } from "./index.ts";
import { otlpReceiver } from "./testing/index.ts";

afterEach(() => void vi.unstubAllEnvs());

const work: SpanType<string> = {
  kind: "internal",
  service: () => "orders",
  name: (about) => about,
  attributes: () => ({}),
};

test("a dashboard has the traces and metrics that go elsewhere, also while it is refused there", async () => {
  await using collector = await otlpReceiver();
  await using dashboard = await otlpReceiver();
  collector.fail(400);
  // The stock exporters read them from the environment of the process.
  vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret");
  vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
  const opened = (await openTelemetry({
    app: "shop",
    unit: "all",
    topology: "monolith",
    replica: "1",
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      KERF_DASHBOARD_OTLP: dashboard.url,
    },
    log: createLog({ unit: "all", level: "silent" }),
  }))!;
  const tell = (name: string): void => opened.telemetry.beginRoot(work, name, opened.telemetry.root()).end();
  tell("early");
  await opened.flush();
  collector.fail(200);
  tell("late");
  await opened.close();
  expect(dashboard.spans.map(({ name }) => name)).toEqual(["early", "late"]);
  expect(collector.spans.map(({ name }) => name)).toEqual(["late"]);
  expect(new Set(collector.headers.map((headers) => headers["api-key"]))).toEqual(new Set(["secret"]));
  for (const headers of dashboard.headers) {
    expect(headers).toMatchObject({ "content-type": "application/x-protobuf" });
    expect(headers).not.toHaveProperty("api-key");
    expect(headers).not.toHaveProperty("content-encoding");
  }
  for (const { metrics } of [collector, dashboard])
    expect(metrics.map(({ name }) => name)).toContain("process.uptime");
});
