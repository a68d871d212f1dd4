export interface MetricFacts {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly unit: string;
  readonly description: string;
  readonly services: readonly string[];
  /** Keys of attributes that its series differ in. */
  readonly attributes: readonly string[];
}

export interface MetricList {
  readonly metrics: readonly MetricFacts[];
}

export interface SeriesQuery {
  readonly name: string;
  readonly service?: string;
  /** Attribute keys, or `service`, `unit`, `instance`, by which series stay apart, separated by commas. Default: one series. */
  readonly by?: string;
  readonly fromAt?: number;
  readonly toAt?: number;
  /** Default: 120 points between both ends. */
  readonly stepMs?: number;
}

export interface SeriesList {
  readonly kind: MetricFacts["kind"];
  readonly unit: string;
  readonly stepMs: number;
  /** At most 50, the largest first. */
  readonly series: readonly {
    /** Values of `by`. */
    readonly labels: { readonly [key: string]: string };
    readonly points: readonly SeriesPoint[];
  }[];
}

export interface SeriesPoint {
  readonly at: number;
  /** Counter: per second. Gauge: the latest. Histogram: recordings per second. */
  readonly value: number;
  /** Of a histogram, in the metric's unit. */
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
}
