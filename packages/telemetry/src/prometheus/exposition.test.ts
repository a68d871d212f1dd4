import { describe, expect, test } from "vitest";
import { Histogram } from "../metrics/histogram.ts";
import type { Metric } from "../metrics/metric.ts";
import { exposition, formatFor } from "./exposition.ts";

const counter = (attributes: Record<string, string>): Metric => ({
  name: "kerf.edge.calls",
  description: "Calls.",
  unit: "{call}",
  kind: "counter",
  points: [{ attributes, value: 3 }],
});

describe("a metric", () => {
  test("is named as Prometheus names it", () => {
    const text = exposition(
      [
        counter({ "kerf.caller": "orders" }),
        { ...counter({}), name: "a.time", unit: "s", kind: "gauge" } as Metric,
        { ...counter({}), name: "a.use", unit: "1", kind: "gauge" } as Metric,
        { ...counter({}), name: "some.bytes", unit: "By", kind: "gauge" } as Metric,
      ],
      "prometheus",
    );
    expect(text.split("\n").filter((line) => !line.startsWith("# HELP"))).toEqual([
      "# TYPE kerf_edge_calls_total counter",
      'kerf_edge_calls_total{kerf_caller="orders"} 3',
      "# TYPE a_time_seconds gauge",
      "a_time_seconds 3",
      "# TYPE a_use_ratio gauge",
      "a_use_ratio 3",
      "# TYPE some_bytes gauge",
      "some_bytes 3",
      "",
    ]);
  });

  test("cannot break out of its labels, nor be endless", () => {
    const text = exposition([counter({ a: 'x"} 1\nevil 2\\', b: "y".repeat(1_000) })], "prometheus");
    expect(text).toContain(`{a="x\\"} 1\\nevil 2\\\\",b="${"y".repeat(200)}"} 3`);
    expect(text.split("\n")).toHaveLength(4);
  });

  test("that is a histogram has cumulative buckets, and exemplars in OpenMetrics", () => {
    const histogram = new Histogram([1, 2.5]);
    for (const value of [0.5, 2, 2.5, 9]) histogram.record(value);
    histogram.exemplars[1] = {
      value: 2,
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
      at: 1_700_000_000_123,
    };
    const metrics: Metric[] = [
      {
        name: "kerf.edge.duration",
        description: "Time.",
        unit: "s",
        kind: "histogram",
        points: [{ attributes: {}, value: histogram }],
      },
      counter({}),
    ];
    const text = exposition(metrics, "openmetrics");
    expect(text).toContain('kerf_edge_duration_seconds_bucket{le="1.0"} 1\n');
    expect(text).toContain(
      `kerf_edge_duration_seconds_bucket{le="2.5"} 3 # {trace_id="${"a".repeat(32)}",span_id="${"b".repeat(16)}"} 2 1700000000.123\n`,
    );
    expect(text).toContain('kerf_edge_duration_seconds_bucket{le="+Inf"} 4\n');
    expect(text).toContain("kerf_edge_duration_seconds_sum 14\n");
    // There the family of a counter is named without its suffix.
    expect(text).toContain("# TYPE kerf_edge_calls counter\nkerf_edge_calls_total 3\n# EOF\n");
    expect(exposition(metrics, "prometheus")).not.toContain("trace_id");
  });
});

test("the format is the one that is accepted", () => {
  expect(formatFor("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")).toBe("openmetrics");
  expect(formatFor("text/plain")).toBe("prometheus");
  expect(formatFor(undefined)).toBe("prometheus");
});
