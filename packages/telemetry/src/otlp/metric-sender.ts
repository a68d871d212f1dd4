import type { HrTime } from "@opentelemetry/api";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { Log } from "kerf";
import type { Metric } from "../metrics/metric.ts";
import { metricData } from "./metric-data.ts";
import { hrTime } from "./hr-time.ts";
import type { Resources } from "./resources.ts";
import { SCOPE } from "./scope.ts";

export interface MetricSenderOptions {
  readonly collect: () => readonly Metric[];
  readonly exporter: PushMetricExporter;
  readonly resources: Resources;
  /** What the process is called as a whole: its unit. */
  readonly unit: string;
  readonly everyMs: number;
  readonly log: Log;
}

/** Sends what is counted, now and then. */
export class MetricSender {
  readonly #options: MetricSenderOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #since: HrTime = hrTime(Date.now());
  #sending: Promise<void> | undefined;
  #failing = false;

  constructor(options: MetricSenderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.flush(), options.everyMs).unref();
  }

  /** Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
    await this.flush();
    await this.#options.exporter.shutdown().catch(() => {});
  }

  async #send(): Promise<void> {
    const { collect, exporter, resources, unit, log } = this.#options;
    const metrics = metricData(collect(), this.#since, hrTime(Date.now()));
    const error = await new Promise<unknown>((resolve) =>
      exporter.export({ resource: resources.of(unit), scopeMetrics: [{ scope: SCOPE, metrics }] }, (result) =>
        resolve(result.code === 0 ? undefined : (result.error ?? true)),
      ),
    );
    if (error !== undefined && !this.#failing) log.warn({ err: error }, "metrics cannot be exported");
    this.#failing = error !== undefined;
  }
}
