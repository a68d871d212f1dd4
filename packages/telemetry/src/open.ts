import type { Log } from "kerf";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type { Identity } from "./identity.ts";
import { edgeMetrics } from "./metrics/edge-metrics.ts";
import { EdgeRegistry } from "./metrics/edge-registry.ts";
import { Gauges, type Metric } from "./metrics/metric.ts";
import { processMetrics } from "./metrics/process-metrics.ts";
import { contentTypes, exposition, formatFor } from "./prometheus/exposition.ts";
import { Queue } from "./recorder/queue.ts";
import { Recorder } from "./recorder/recorder.ts";
import type { SpanRecord } from "./recorder/record.ts";
import { Traces } from "./recorder/trace.ts";
import { readSettings, type Environment, type Settings } from "./settings.ts";

export interface TelemetryOptions extends Pick<Identity, "app" | "unit" | "topology" | "replica"> {
  /** `OTEL_*`, and `KERF_TRACE_SLOW_MS`. */
  readonly environment: Environment;
  readonly log: Log;
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
  let wanted;
  try {
    wanted = readSettings(environment)?.traces;
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
  const { environment, unit } = options;
  const settings = readSettings(environment);
  if (settings === undefined) return undefined;
  const { sampler, slowMs } = settings;
  const queue = new Queue<SpanRecord>(settings.queueSize);
  const api = settings.traces && (await (await import("./api/register.ts")).registerApi());
  const edges = new EdgeRegistry(settings.payloads);
  const traces = settings.traces && new Traces({ sampler, slowMs, queue });
  const recorder = new Recorder({ sampler, traces, edges, enter: api?.enter });
  api?.provide(recorder, unit);
  const runtime = processMetrics();

  function collect(): readonly Metric[] {
    const gauges = new Gauges();
    for (const { gauge, attributes, value } of recorder.readings()) gauges.add(gauge, attributes, value);
    return [...edgeMetrics(edges.all), ...gauges.all, ...runtime.read(), droppedSpans(queue)];
  }

  const senders = await sendersOf(options, settings, queue, collect);
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
      await Promise.all(senders.map((sender) => sender.close()));
      runtime.close();
      api?.close();
    },
  };
}

function droppedSpans(queue: Queue<SpanRecord>): Metric {
  return {
    name: "kerf.telemetry.spans.dropped",
    description: "Spans that could not be kept or sent.",
    unit: "{span}",
    kind: "counter",
    points: [{ attributes: {}, value: queue.dropped }],
  };
}

interface Sender {
  flush(): Promise<void>;
  close(): Promise<void>;
}

async function sendersOf(
  { app, unit, topology, replica, log }: TelemetryOptions,
  settings: Settings,
  queue: Queue<SpanRecord>,
  collect: () => readonly Metric[],
): Promise<readonly Sender[]> {
  const { traces, metrics, attributes, serviceName } = settings;
  if (!traces && !metrics) return [];
  // Whoever exports nothing does not load what exporting takes.
  const [exporters, { Resources }, { SpanSender }, { MetricSender }] = await Promise.all([
    import("./otlp/exporters.ts"),
    import("./otlp/resources.ts"),
    import("./otlp/span-sender.ts"),
    import("./otlp/metric-sender.ts"),
  ]);
  const identity = { app, unit, topology, replica, attributes, serviceName };
  const resources = new Resources(identity);
  return [
    ...(traces
      ? [
          new SpanSender({
            queue,
            resources,
            log,
            exporter: await exporters.spanExporter(traces),
            batchSize: settings.batchSize,
            everyMs: settings.spansEveryMs,
          }),
        ]
      : []),
    ...(metrics
      ? [
          new MetricSender({
            collect,
            resources,
            log,
            unit,
            exporter: await exporters.metricExporter(metrics),
            everyMs: settings.metricsEveryMs,
          }),
        ]
      : []),
  ];
}
