import { Histogram } from "../metrics/histogram.ts";
import type { Metric, Point } from "../metrics/metric.ts";

interface Counted {
  readonly sum: number;
  readonly count: number;
  readonly counts: readonly number[];
}

/** What was added to counters and histograms since a receiver took them. */
export class Delta {
  #before = new Map<string, number | Counted>();

  /** `taken`: to be called where these were taken. What was not is part of the next. */
  since(metrics: readonly Metric[]): { readonly metrics: readonly Metric[]; readonly taken: () => void } {
    const now = new Map<string, number | Counted>();
    const before = <Value extends number | Counted>(name: string, value: Value): Value | undefined => {
      now.set(name, value);
      return this.#before.get(name) as Value | undefined;
    };
    const changed = metrics.map((metric): Metric => {
      if (metric.kind === "histogram")
        return {
          ...metric,
          points: metric.points.map((point) => {
            const { sum, count, counts } = point.value;
            const all: Counted = { sum, count, counts: [...counts] };
            return { ...point, value: added(point.value, before(nameOf(metric, point), all)) };
          }),
        };
      if (metric.kind === "gauge") return metric;
      return {
        ...metric,
        points: metric.points.map((point) => ({
          ...point,
          value: point.value - (before(nameOf(metric, point), point.value) ?? 0),
        })),
      };
    });
    return { metrics: changed, taken: () => void (this.#before = now) };
  }
}

function nameOf({ name }: Metric, { attributes }: Point<unknown>): string {
  return `${name} ${JSON.stringify(attributes)}`;
}

function added(now: Histogram, before: Counted | undefined): Histogram {
  const histogram = new Histogram(now.bounds);
  histogram.sum = now.sum - (before?.sum ?? 0);
  histogram.count = now.count - (before?.count ?? 0);
  now.counts.forEach((count, i) => (histogram.counts[i] = count - (before?.counts[i] ?? 0)));
  return histogram;
}
