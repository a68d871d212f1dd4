import type { Log } from "kerf";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type { Identity } from "./identity.ts";
import type { LogLines } from "./logs/log-lines.ts";
import { edgeMetrics } from "./metrics/edge-metrics.ts";
import { EdgeRegistry } from "./metrics/edge-registry.ts";
import { Gauges, type Metric } from "./metrics/metric.ts";
import { processMetrics } from "./metrics/process-metrics.ts";
import { contentTypes, exposition, formatFor } from "./prometheus/exposition.ts";
import { forked } from "./recorder/queue.ts";
import { Recorder } from "./recorder/recorder.ts";
import { Traces } from "./recorder/trace.ts";
import { sendersOf, spanOutlets, type SpanOutlet } from "./senders.ts";
import { readSettings, type Settings } from "./settings/settings.ts";
import type { Environment } from "./settings/variables.ts";

export interface TelemetryOptions extends Pick<Identity, "app" | "unit" | "topology" | "replica"> {
  /** `OTEL_*`, and `KERF_TRACE_SLOW_MS`. */
  readonly environment: Environment;
  readonly log: Log;
  /** What the log is given beside where it is written, as `logLines` made it: its records are exported too. */
  readonly lines?: LogLines | undefined;
  /** Nothing that exporting takes is loaded before this resolves: a process is not to start slower for it. Default: at once. */
  readonly ready?: Promise<unknown>;
}

/** Telemetry of one process. */
export interface OpenTelemetry {
  /** For `startUnit` and `startGateway`. */
  readonly telemetry: Telemetry;
  /** The body of `/metrics`, in the format that `accept` asks for, and its type. */
  metrics(accept: string | undefined): { readonly type: string; readonly body: string };
  /** Sends what waits. Never rejects. */
  flush(): Promise<void>;
  /** Sends what waits, and ends. Never rejects. */
  close(): Promise<void>;
}

/**
 * Has libraries that ask for a tracer while an application is loaded be given one of ours, where traces are to be
 * exported. Without it their first span in a process stands alone. Never throws: {@link openTelemetry} does.
 */
export async function prepareTelemetry(environment: Environment): Promise<void> {
  let wanted = false;
  try {
    const settings = readSettings(environment);
    wanted = settings !== undefined && standsBehindApi(settings);
  } catch {
    return;
  }
  if (wanted) await (await import("./api/register.ts")).registerApi();
}

/**
 * Opens what the environment asks for: always counts, for `/metrics`; records spans, and sends them and the counts, where
 * an endpoint is named. Undefined where `OTEL_SDK_DISABLED` is true.
 * @throws RangeError that names the variable, and says how it is written
 */
export async function openTelemetry(options: TelemetryOptions): Promise<OpenTelemetry | undefined> {
  const { environment, unit, lines, log, ready = Promise.resolve() } = options;
  const settings = readSettings(environment);
  if (settings === undefined) return undefined;
  const { sampler, slowMs } = settings;
  const outlets = spanOutlets(options, settings);
  const api = standsBehindApi(settings) ? await (await import("./api/register.ts")).registerApi() : undefined;
  const edges = new EdgeRegistry(settings.payloads);
  const queue = forked(outlets.map((outlet) => outlet.batches));
  const traces = outlets.length > 0 ? new Traces({ sampler, slowMs, queue }) : undefined;
  const recorder = new Recorder({
    sampler,
    traces,
    edges,
    enter: api?.enter,
    baggage: api?.baggage,
    baggageLeaves: settings.propagators.baggage,
  });
  api?.provide(recorder, unit);
  const runtime = processMetrics();

  function collect(): readonly Metric[] {
    const gauges = new Gauges();
    for (const { gauge, attributes, value } of recorder.readings()) gauges.add(gauge, attributes, value);
    return [...edgeMetrics(edges.all), ...gauges.all, ...runtime.read(), ...dropped(outlets, lines)];
  }

  const senders = sendersOf(options, settings, { outlets, lines, collect });
  let diagnosed: (() => void) | undefined;
  let closed = false;
  const begin = async (): Promise<void> => {
    if (closed) return;
    await api?.propagate(settings.propagators);
    if (senders.length === 0) return;
    const { logDiagnostics } = await import("./otlp/diagnostics.ts");
    diagnosed = logDiagnostics(log, settings.diagnostics);
    for (const sender of senders) sender.begin();
  };
  ready.then(begin).catch((err: unknown) => log.error({ err }, "telemetry cannot be exported"));
  return {
    telemetry: recorder,
    metrics(accept) {
      const format = formatFor(accept);
      return { type: contentTypes[format], body: exposition(collect(), format) };
    },
    async flush() {
      await Promise.all(senders.map((sender) => sender.flush()));
    },
    async close() {
      closed = true;
      await Promise.all(senders.map((sender) => sender.close()));
      runtime.close();
      diagnosed?.();
      api?.close();
    },
  };
}

/** Whether libraries that speak to OpenTelemetry's API are to be heard. It costs next to nothing while there are none. */
function standsBehindApi({ traces, copies, propagators }: Settings): boolean {
  return traces !== undefined || copies.traces !== undefined || propagators.baggage;
}

/** What could not be kept or sent. */
function dropped(outlets: readonly SpanOutlet[], lines: LogLines | undefined): readonly Metric[] {
  const counter = (name: string, description: string, unit: string, value: number): Metric => {
    return { name, description, unit, kind: "counter", points: [{ attributes: {}, value }] };
  };
  const spans = counter(
    "kerf.telemetry.spans.dropped",
    "Spans that could not be kept or sent.",
    "{span}",
    outlets.reduce((sum, { batches }) => sum + batches.dropped, 0),
  );
  if (lines === undefined) return [spans];
  return [
    spans,
    counter(
      "kerf.telemetry.logs.dropped",
      "Records of the log that could not be kept or sent; they were written all the same.",
      "{record}",
      lines.dropped,
    ),
  ];
}
