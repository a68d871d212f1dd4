import { expect, test } from "vitest";
import { Histogram } from "../metrics/histogram.ts";
import type { Metric } from "../metrics/metric.ts";
import { Delta } from "./delta.ts";

const about = { description: "", unit: "1" };

test("what a receiver took is not sent again, and what it did not take is", () => {
  const delta = new Delta();
  const histogram = new Histogram([1, 10]);
  let calls = 0;
  const send = () => {
    const metrics: readonly Metric[] = [
      { ...about, name: "calls", kind: "counter", points: [{ attributes: { of: "a" }, value: calls }] },
      { ...about, name: "open", kind: "gauge", points: [{ attributes: {}, value: calls }] },
      { ...about, name: "took", kind: "histogram", points: [{ attributes: {}, value: histogram }] },
    ];
    const { metrics: added, taken } = delta.since(metrics);
    return { values: added.map(({ points }) => points[0]!.value), taken };
  };
  const call = (took: number) => {
    calls++;
    histogram.record(took);
  };
  call(5);
  const first = send();
  // While it is sent, another ends: it is part of the next.
  call(50);
  first.taken();
  expect(first.values).toMatchObject([1, 1, { count: 1, sum: 5, counts: [0, 1, 0] }]);
  expect(send().values).toMatchObject([1, 2, { count: 1, sum: 50, counts: [0, 0, 1] }]);
  call(1);
  expect(send().values).toMatchObject([2, 3, { count: 2, sum: 51, counts: [1, 0, 1] }]);
});
