import { Metadata, status } from "@grpc/grpc-js";
import type { SpanType } from "@kerf/runtime/telemetry";
import { createLog } from "@kerf/runtime/log";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { logLines, openTelemetry, type OpenTelemetry } from "../index.ts";
import { certificate, otlpGrpcReceiver, type GrpcReceiver } from "../testing/index.ts";

const work: SpanType<string> = {
  kind: "internal",
  service: () => "orders",
  name: (about) => about,
  attributes: () => ({}),
};

let receiver: GrpcReceiver;
let written: string[];
beforeAll(async () => {
  receiver = await otlpGrpcReceiver();
});
afterAll(() => receiver?.[Symbol.asyncDispose]());
beforeEach(() => {
  written = [];
  receiver.refuse();
  for (const list of [receiver.spans, receiver.metrics, receiver.logs, receiver.metadata]) list.length = 0;
});
afterEach(() => vi.unstubAllEnvs());

/** The exporters read the environment of the process by themselves. */
async function open(more: Record<string, string> = {}) {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    ...more,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const lines = logLines(environment);
  const log = createLog({
    unit: "all",
    copy: lines,
    destination: { write: (line) => void written.push(line) },
  });
  const identity = { app: "shop", unit: "all", topology: "monolith", replica: "1" };
  const opened = (await openTelemetry({ ...identity, environment, log, lines }))!;
  return { opened, log };
}

function tell({ telemetry }: OpenTelemetry, name: string): void {
  telemetry.beginRoot(work, name, telemetry.root()).end();
}

test("traces, metrics and logs leave over gRPC, with the headers that are asked for, compressed", async () => {
  const { opened, log } = await open({
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
  });
  tell(opened, "look");
  log.child({ service: "orders" }).info("placed");
  await opened.close();
  expect(receiver.spans).toMatchObject([{ name: "look", resource: { "service.name": "orders" } }]);
  expect(receiver.logs).toMatchObject([{ body: "placed", resource: { "service.name": "orders" } }]);
  expect(receiver.metrics.map(({ name }) => name)).toContain("process.uptime");
  for (const metadata of receiver.metadata) expect(metadata.get("authorization")).toEqual(["Bearer abc"]);
});

test("a receiver over TLS is believed by its certificate, and a target without a scheme is one", async () => {
  const { certPath, ...pair } = certificate();
  await using secure = await otlpGrpcReceiver(pair);
  const { opened } = await open({
    OTEL_EXPORTER_OTLP_ENDPOINT: new URL(secure.url).host,
    OTEL_EXPORTER_OTLP_CERTIFICATE: certPath,
    OTEL_METRICS_EXPORTER: "none",
  });
  tell(opened, "look");
  await opened.close();
  expect(secure.spans).toHaveLength(1);
});

test("each signal may go its own way", async () => {
  const { opened, log } = await open({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_METRICS_EXPORTER: "prometheus",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc",
    OTEL_LOGS_EXPORTER: "none",
  });
  tell(opened, "look");
  log.info("said");
  await opened.close();
  expect([receiver.spans.length, receiver.metrics.length, receiver.logs.length]).toEqual([1, 0, 0]);
});

/** `google.rpc.Status` with a RetryInfo of so many milliseconds, under 128. */
function retryIn(ms: number): Metadata {
  const field = (tag: number, value: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, value.length]), value]);
  const nanos: number[] = [];
  for (let left = ms * 1e6; left > 0; left = Math.floor(left / 128))
    nanos.push((left % 128) | (left >= 128 ? 128 : 0));
  const info = field(10, Buffer.from([16, ...nanos]));
  const type = Buffer.from("type.googleapis.com/google.rpc.RetryInfo");
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", field(26, Buffer.concat([field(10, type), field(18, info)])));
  return metadata;
}

test("what a receiver cannot take just now is sent again, when it says so or after a while", async () => {
  const { opened } = await open({ OTEL_METRICS_EXPORTER: "none" });
  receiver.refuse(
    { code: status.RESOURCE_EXHAUSTED, metadata: retryIn(20) },
    { code: status.UNAVAILABLE, metadata: retryIn(1) },
    { code: status.UNAVAILABLE },
  );
  tell(opened, "look");
  const began = performance.now();
  await opened.flush();
  expect(receiver.spans.map(({ name }) => name)).toEqual(["look"]);
  expect(receiver.metadata).toHaveLength(4);
  expect(performance.now() - began).toBeGreaterThan(700);
  await opened.close();
});

test("what it will never take is dropped, counted, and said once", async () => {
  const { opened } = await open({ OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" });
  for (const code of [status.RESOURCE_EXHAUSTED, status.INVALID_ARGUMENT]) {
    receiver.refuse({ code, details: "no" });
    tell(opened, "look");
    await opened.flush();
  }
  expect(receiver.metadata).toHaveLength(2);
  expect(opened.metrics(undefined).body).toMatch(/^kerf_telemetry_spans_dropped_total 2$/m);
  expect(written.filter((line) => line.includes("traces cannot be exported"))).toHaveLength(1);
  await opened.close();
});

test("one that is away holds up neither work nor the end of a process", async () => {
  const { opened } = await open({ OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" });
  receiver.refuse(...Array.from({ length: 20 }, () => ({ code: status.UNAVAILABLE })));
  tell(opened, "look");
  const flushed = opened.flush();
  await expect.poll(() => receiver.metadata.length).toBe(1);
  tell(opened, "another");
  const began = performance.now();
  await Promise.all([opened.close(), flushed]);
  expect(performance.now() - began).toBeLessThan(4_000);
});

test("what it took in part is logged, once", async () => {
  await using partial = await otlpGrpcReceiver();
  partial.acceptInPart(3, "too old");
  const { opened } = await open({
    OTEL_EXPORTER_OTLP_ENDPOINT: partial.url,
    OTEL_METRICS_EXPORTER: "none",
    OTEL_LOGS_EXPORTER: "none",
  });
  for (let i = 0; i < 2; i++) {
    tell(opened, "look");
    await opened.flush();
  }
  expect(partial.spans).toHaveLength(2);
  expect(written.filter((line) => line.includes("too old"))).toHaveLength(1);
  await opened.close();
});
