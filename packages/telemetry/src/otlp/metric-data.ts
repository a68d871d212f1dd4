import type { Attributes as OtelAttributes, HrTime } from "@opentelemetry/api";
import type { MetricData } from "@opentelemetry/sdk-metrics";
import type { Metric } from "../metrics/metric.ts";

/** As OpenTelemetry numbers them. Its enumerations would have to be loaded for these few. */
const DELTA = 0;
const CUMULATIVE = 1;
const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;
const DOUBLE = 1;

/**
 * Turns metrics into what OpenTelemetry's exporters take: all of them count from `startTime` on, which `delta` says is when
 * they were last sent.
 */
export function metricData(
  metrics: readonly Metric[],
  startTime: HrTime,
  endTime: HrTime,
  delta: boolean,
): MetricData[] {
  return metrics
    .filter(({ points }) => points.length > 0)
    .map(({ name, description, unit, ...metric }) => {
      const common = {
        descriptor: { name, description, unit, valueType: DOUBLE },
        aggregationTemporality: delta ? DELTA : CUMULATIVE,
      };
      const when = { startTime, endTime };
      if (metric.kind === "histogram")
        return {
          ...common,
          dataPointType: HISTOGRAM,
          dataPoints: metric.points.map(({ attributes, value }) => ({
            ...when,
            attributes: attributes as OtelAttributes,
            value: {
              buckets: { boundaries: [...value.bounds], counts: [...value.counts] },
              sum: value.sum,
              count: value.count,
            },
          })),
        };
      const dataPoints = metric.points.map(({ attributes, value }) => ({
        ...when,
        attributes: attributes as OtelAttributes,
        value,
      }));
      return metric.kind === "gauge"
        ? { ...common, dataPointType: GAUGE, dataPoints }
        : { ...common, dataPointType: SUM, isMonotonic: true, dataPoints };
    });
}
