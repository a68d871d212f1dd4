import type { Log } from "kerf";
import type { Identity } from "./identity.ts";
import type { LogLines } from "./logs/log-lines.ts";
import type { Metric } from "./metrics/metric.ts";
import { BatchSender } from "./otlp/batch-sender.ts";
import { MetricSender } from "./otlp/metric-sender.ts";
import type { Queue } from "./recorder/queue.ts";
import type { SpanRecord } from "./recorder/record.ts";
import type { Settings } from "./settings/settings.ts";

export interface Sender {
  /** From now on what comes is sent. */
  begin(): void;
  /** Sends what waits. Never rejects. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface Gathered {
  readonly queue: Queue<SpanRecord>;
  readonly lines: LogLines | undefined;
  readonly collect: () => readonly Metric[];
}

/** Who sends what is gathered, where the settings want it sent. Each loads what it takes when it sends for the first time. */
export function sendersOf(
  { app, unit, topology, replica, log }: Omit<Identity, "serviceName" | "attributes"> & { readonly log: Log },
  settings: Settings,
  { queue, lines, collect }: Gathered,
): readonly Sender[] {
  const { traces, metrics, logs, attributes, serviceName } = settings;
  const identity: Identity = { app, unit, topology, replica, attributes, serviceName };
  const exporters = () => import("./otlp/exporters.ts");
  // One for all: what is sent is grouped by it.
  const resources = once(async () => new (await import("./otlp/resources.ts")).Resources(identity));
  const senders: Sender[] = [];
  if (traces)
    senders.push(
      new BatchSender({
        ...settings.spanBatching,
        what: "traces",
        queue,
        log,
        exporter: async () => (await exporters()).spanExporter(traces),
        read: async (records) => {
          const { readableSpans } = await import("./otlp/readable-span.ts");
          // The clock may have been set meanwhile: only the way from one moment to another is ours to tell.
          const startedAt = Date.now() - performance.now();
          return readableSpans(records, {
            resources: await resources(),
            limits: settings.spanLimits,
            startedAt,
          });
        },
      }),
    );
  if (logs && lines)
    senders.push(
      new BatchSender({
        ...settings.logBatching,
        what: "records of the log",
        queue: lines,
        log,
        exporter: async () => (await exporters()).logExporter(logs),
        read: async (batch) => {
          const { logRecords } = await import("./logs/log-record.ts");
          return logRecords(batch, await resources(), unit, settings.logLimits);
        },
      }),
    );
  if (metrics)
    senders.push(
      new MetricSender({
        collect,
        resources,
        log,
        unit,
        exporter: async () => (await exporters()).metricExporter(metrics),
        everyMs: settings.metricsEveryMs,
        timeoutMs: settings.metricsTimeoutMs,
        delta: settings.delta,
      }),
    );
  return senders;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
