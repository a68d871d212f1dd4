import type { Log } from "kerf";
import type { Identity } from "./identity.ts";
import type { LogLines } from "./logs/log-lines.ts";
import type { Metric } from "./metrics/metric.ts";
import { BatchSender } from "./otlp/batch-sender.ts";
import { MetricSender } from "./otlp/metric-sender.ts";
import type { Queue } from "./recorder/queue.ts";
import type { SpanRecord } from "./recorder/record.ts";
import type { Destination } from "./settings/destination.ts";
import type { Settings } from "./settings/settings.ts";

export interface Sender {
  /** From now on what comes is sent. */
  begin(): void;
  /** Sends what waits. Never rejects. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Spans on their way to one place. */
export interface SpanOutlet {
  readonly to: Destination;
  readonly queue: Queue<SpanRecord>;
}

export interface Gathered {
  readonly outlets: readonly SpanOutlet[];
  readonly lines: LogLines | undefined;
  readonly collect: () => readonly Metric[];
}

/** Somebody looks at what goes to a dashboard. */
const copyEveryMs = 5_000;

/** Who sends what is gathered, where the settings want it sent. Each loads what it takes when it sends for the first time. */
export function sendersOf(
  { app, unit, topology, replica, log }: Omit<Identity, "serviceName" | "attributes"> & { readonly log: Log },
  settings: Settings,
  { outlets, lines, collect }: Gathered,
): readonly Sender[] {
  const { metrics, copies, logs, attributes, serviceName } = settings;
  const identity: Identity = { app, unit, topology, replica, attributes, serviceName };
  const exporters = () => import("./otlp/exporters.ts");
  // One for all: what is sent is grouped by it.
  const resources = once(async () => new (await import("./otlp/resources.ts")).Resources(identity));
  const senders: Sender[] = [];
  for (const { to, queue } of outlets)
    senders.push(
      new BatchSender({
        ...settings.spanBatching,
        what: "traces",
        queue,
        log,
        exporter: async () => (await exporters()).spanExporter(to),
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
  const metricSender = (to: Destination, how: { everyMs: number; delta: boolean }): void =>
    void senders.push(
      new MetricSender({
        ...how,
        collect,
        resources,
        log,
        unit,
        exporter: async () => (await exporters()).metricExporter(to),
        timeoutMs: settings.metricsTimeoutMs,
      }),
    );
  const { metricsEveryMs: everyMs, delta } = settings;
  if (metrics) metricSender(metrics, { everyMs, delta });
  if (copies.metrics) metricSender(copies.metrics, { everyMs: Math.min(everyMs, copyEveryMs), delta: false });
  return senders;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
