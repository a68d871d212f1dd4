import type { Log } from "kerf";
import type { Identity } from "./identity.ts";
import type { LogLines } from "./logs/log-lines.ts";
import type { Metric } from "./metrics/metric.ts";
import { BatchSender, type Source } from "./otlp/batch-sender.ts";
import { MetricSender } from "./otlp/metric-sender.ts";
import { JsonSpans } from "./otlp/span-json.ts";
import { ProtobufSpans } from "./otlp/span-protobuf.ts";
import { resourceAttributes } from "./otlp/resource-attributes.ts";
import { SpanBatches } from "./otlp/span-batches.ts";
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
  readonly batches: SpanBatches;
}

export interface Gathered {
  readonly outlets: readonly SpanOutlet[];
  readonly lines: LogLines | undefined;
  readonly collect: () => readonly Metric[];
}

/** Somebody looks at what goes to a dashboard. */
const copyEveryMs = 5_000;

type Process = Omit<Identity, "serviceName" | "attributes">;

/** Where spans go, each with what is written for it. */
export function spanOutlets(process: Process, settings: Settings): readonly SpanOutlet[] {
  const { traces, copies, spanBatching, spanLimits, attributes, serviceName } = settings;
  const identity: Identity = { ...process, attributes, serviceName };
  const resourceOf = (service: string) => resourceAttributes(identity, service);
  return [traces, copies.traces].flatMap((to) => {
    if (to === undefined) return [];
    const encoder = to.protocol === "http/json" ? new JsonSpans(resourceOf) : new ProtobufSpans(resourceOf);
    return [{ to, batches: new SpanBatches({ ...spanBatching, encoder, limits: spanLimits }) }];
  });
}

/** Who sends what is gathered, where the settings want it sent. Each loads what it takes when it sends for the first time. */
export function sendersOf(
  { app, unit, topology, replica, log }: Process & { readonly log: Log },
  settings: Settings,
  { outlets, lines, collect }: Gathered,
): readonly Sender[] {
  const { metrics, copies, logs, attributes, serviceName } = settings;
  const identity: Identity = { app, unit, topology, replica, attributes, serviceName };
  const exporters = () => import("./otlp/exporters.ts");
  // One for all: what is sent is grouped by it.
  const resources = once(async () => new (await import("./otlp/resources.ts")).Resources(identity));
  const senders: Sender[] = [];
  for (const { to, batches } of outlets)
    senders.push(
      new BatchSender({
        ...settings.spanBatching,
        what: "traces",
        source: batches,
        log,
        exporter: async () => (await exporters()).spanExporter(to),
      }),
    );
  if (logs && lines)
    senders.push(
      new BatchSender({
        ...settings.logBatching,
        what: "records of the log",
        source: logSource(lines, settings.logBatching.batchSize, async (batch) => {
          const { logRecords } = await import("./logs/log-record.ts");
          return logRecords(batch, await resources(), unit, settings.logLimits);
        }),
        log,
        exporter: async () => (await exporters()).logExporter(logs),
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

/** Lines are read when they leave. */
function logSource<Sent>(
  lines: LogLines,
  batchSize: number,
  read: (batch: readonly string[]) => Promise<Sent>,
): Source<Sent> {
  return {
    get length() {
      return lines.length;
    },
    get full() {
      return lines.length >= batchSize;
    },
    take() {
      const batch = lines.take(batchSize);
      return { count: batch.length, read: () => read(batch) };
    },
    drop: (count) => lines.drop(count),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
