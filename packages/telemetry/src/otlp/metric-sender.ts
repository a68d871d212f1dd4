import type { HrTime } from "@opentelemetry/api";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Log } from "kerf";
import type { Metric } from "../metrics/metric.ts";
import { Delta } from "./delta.ts";
import { closed, sendOnce, type Exporter } from "./exporter.ts";
import { metricData } from "./metric-data.ts";
import { hrTime } from "./hr-time.ts";
import type { Resources } from "./resources.ts";
import { SCOPE } from "./scope.ts";

export interface MetricSenderOptions {
  readonly collect: () => readonly Metric[];
  /** Loads it, when it is needed for the first time. */
  readonly exporter: () => Promise<Exporter<ResourceMetrics>>;
  readonly resources: () => Promise<Resources>;
  /** What the process is called as a whole: its unit. */
  readonly unit: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Sends what was added since the last time, instead of all. */
  readonly delta: boolean;
  readonly log: Log;
}

/** Sends what is counted, now and then. */
export class MetricSender {
  readonly #options: MetricSenderOptions;
  readonly #delta: Delta | undefined;
  #exporter: Promise<Exporter<ResourceMetrics>> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #since: HrTime = hrTime(Date.now());
  #sending: Promise<void> | undefined;
  #failing = false;

  constructor(options: MetricSenderOptions) {
    this.#options = options;
    this.#delta = options.delta ? new Delta() : undefined;
  }

  begin(): void {
    this.#timer ??= setInterval(() => void this.flush(), this.#options.everyMs).unref();
  }

  /** Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await closed(
      () => Promise.resolve(this.#sending).then(() => this.flush()),
      () => this.#exporter,
    );
  }

  async #send(): Promise<void> {
    const { collect, timeoutMs, log } = this.#options;
    const now = hrTime(Date.now());
    const all = collect();
    const added = this.#delta?.since(all);
    const metrics = metricData(added?.metrics ?? all, this.#since, now, added !== undefined);
    const error = await this.#opened()
      .then(({ exporter, resource }) =>
        sendOnce(exporter, { resource, scopeMetrics: [{ scope: SCOPE, metrics }] }, timeoutMs),
      )
      .catch((notSent: unknown) => notSent);
    if (error === undefined && added) {
      added.taken();
      this.#since = now;
    }
    if (error !== undefined && !this.#failing) log.warn({ err: error }, "metrics cannot be exported");
    this.#failing = error !== undefined;
  }

  async #opened() {
    const { exporter, resources, unit } = this.#options;
    return {
      exporter: await (this.#exporter ??= exporter()),
      resource: (await resources()).of(unit),
    };
  }
}
