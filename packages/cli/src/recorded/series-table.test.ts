import type { SeriesList } from "@kerf/dashboard/api";
import { expect, test } from "vitest";
import { standardOutput } from "../output.ts";
import { seriesTable } from "./series-table.ts";

const output = standardOutput({ json: false });
const points = Array.from({ length: 40 }, (_, i) => ({
  at: i * 1_000,
  value: i,
  p50: i / 1e4,
  p95: i / 1e3,
  p99: i / 1e2,
}));
const list: SeriesList = {
  kind: "histogram",
  unit: "s",
  stepMs: 1_000,
  series: ["recommendations@1.alsoBought", "orders@1.place"].map((member) => ({
    labels: { "kerf.member": member },
    points,
  })),
};

const lines = (width: number) => seriesTable(list, { fromAt: 0, toAt: 40_000 }, output, width);

test("a course, then names, are as long as there is room for, and what does not fit is named", () => {
  const [head, first] = lines(200);
  expect(head).toMatch(/^kerf\.member +p95 over time +last: rate +p50 +p95 +p99$/);
  expect(first).toMatch(/^recommendations@1\.alsoBought +[▁▂▃▄▅▆▇█]{40} +39\/s +3\.9 ms +39 ms +390 ms$/);
  expect(lines(80)).toEqual([
    "kerf.member                  p95 over time     last: rate  p50     p95    p99",
    "recommendatio…@1.alsoBought  ▁▂▂▃▃▄▄▄▅▅▆▆▇▇██  39/s        3.9 ms  39 ms  390 ms",
    "orders@1.place               ▁▂▂▃▃▄▄▄▅▅▆▆▇▇██  39/s        3.9 ms  39 ms  390 ms",
  ]);
  expect(lines(60)).toEqual([
    "kerf.member         p95 over time  last: rate  p95    p99",
    "recommen…lsoBought  ▂▂▃▃▄▄▅▅▆▆▇▇█  39/s        39 ms  390 ms",
    "orders@1.place      ▂▂▃▃▄▄▅▅▆▆▇▇█  39/s        39 ms  390 ms",
    "Left out: p50; --json has all.",
  ]);
});
