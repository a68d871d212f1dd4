import type { SeriesList, SeriesPoint } from "@kerf/dashboard/api";
import type { Output } from "../output.ts";
import { fittedTable } from "./fitted-table.ts";
import { room, took } from "./words.ts";

const BARS = "▁▂▃▄▅▆▇█";
/** Of a course: less where there is no room. */
const COURSE = { least: 13, most: 40 };

/** Series of a metric, each with a line of its course: of a histogram that of its 95th percentile. */
export function seriesTable(
  list: SeriesList,
  window: { fromAt: number; toAt: number },
  output: Output,
  width = room(),
): string[] {
  const { kind, unit, series } = list;
  const histogram = kind === "histogram";
  const quantity = (value: number | undefined): string =>
    value === undefined ? "-" : quantityOf(value, unit);
  const perSecond = (value: number): string => `${rounded(value)}/s`;
  const courseWidth = Math.min(COURSE.most, Math.max(COURSE.least, Math.floor((width ?? Infinity) / 5)));
  const cells = series.map(({ labels, points }) => {
    const last = points.at(-1)!;
    const values = points.map(({ value }) => value);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [
      ...Object.values(labels),
      course(
        points,
        list.stepMs,
        window,
        courseWidth,
        histogram ? ({ p95 }) => p95 ?? 0 : ({ value }) => value,
      ),
      ...(histogram
        ? [perSecond(last.value), quantity(last.p50), quantity(last.p95), quantity(last.p99)]
        : kind === "counter"
          ? [perSecond(last.value), perSecond(mean), perSecond(Math.max(...values))]
          : [quantity(last.value), quantity(mean), quantity(Math.max(...values))]),
    ];
  });
  const columns = [
    ...Object.keys(series[0]?.labels ?? {}).map((head) => ({ head, least: 12 })),
    { head: histogram ? "p95 over time" : "over time" },
    ...(histogram ? ["last: rate", "p50", "p95", "p99"] : ["last", "mean", "most"]).map((head) => ({ head })),
  ];
  const table = fittedTable(columns, cells, histogram ? ["p50", "p99"] : ["mean"], output, width);
  return [table.head, ...table.rows, ...table.hint];
}

function course(
  points: readonly SeriesPoint[],
  stepMs: number,
  { fromAt, toAt }: { fromAt: number; toAt: number },
  longest: number,
  of: (point: SeriesPoint) => number,
): string {
  const width = Math.max(1, Math.min(longest, Math.ceil((toAt - fromAt) / stepMs)));
  const bins = Array.from({ length: width }, () => -1);
  for (const point of points) {
    const at = Math.min(width - 1, Math.max(0, Math.floor(((point.at - fromAt) / (toAt - fromAt)) * width)));
    bins[at] = Math.max(bins[at]!, of(point));
  }
  const most = Math.max(...bins, 0);
  return bins
    .map((value) => (value < 0 ? "·" : BARS[most === 0 ? 0 : Math.round((value / most) * (BARS.length - 1))]))
    .join("");
}

function quantityOf(value: number, unit: string): string {
  if (unit === "s") return took(value * 1_000);
  if (unit === "ms") return took(value);
  if (unit === "By") return bytes(value);
  return rounded(value);
}

function bytes(value: number): string {
  if (value < 1_024) return `${Math.round(value)} B`;
  if (value < 1 << 20) return `${(value / 1_024).toFixed(1)} KiB`;
  return `${(value / (1 << 20)).toFixed(1)} MiB`;
}

function rounded(value: number): string {
  return String(Math.abs(value) < 100 ? Number(value.toPrecision(3)) : Math.round(value));
}
