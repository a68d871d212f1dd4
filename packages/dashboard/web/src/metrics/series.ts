import type { SeriesList } from "../../../src/api/index.ts";
import { isNamed, toneAt, toneOf } from "../palette.ts";
import type { Line } from "./chart.tsx";

/** Series on one raster of times. */
export interface Raster {
  readonly times: readonly number[];
  readonly rate: readonly Line[];
  /** Of a histogram: one list of lines for each percentile. */
  readonly percentiles: readonly { readonly name: "p50" | "p95" | "p99"; readonly lines: readonly Line[] }[];
}

type Labels = SeriesList["series"][number]["labels"];
const PERCENTILES = ["p50", "p95", "p99"] as const;
const SHADES = { p50: "var(--tone-1)", p95: "var(--tone-0)", p99: "var(--tone-4)" } as const;

export function rasterOf(list: SeriesList): Raster {
  const all = list.series.flatMap(({ points }) => points.map(({ at }) => at));
  // The last is not over yet: it would look like a fall.
  const over = all.filter((at) => at + list.stepMs <= Date.now());
  const starts = over.length > 0 ? over : all;
  if (starts.length === 0) return { times: [], rate: [], percentiles: [] };
  const from = Math.min(...starts);
  const length = Math.round((Math.max(...starts) - from) / list.stepMs) + 1;
  const times = Array.from({ length }, (_, index) => from + index * list.stepMs);
  const isOne = list.series.length === 1;
  const nameOf = (labels: Labels) => Object.values(labels).join(" · ");
  // By name and not by size, so that a line keeps its colour.
  const order = list.series.map(({ labels }) => nameOf(labels)).toSorted();
  const linesOf = (key: "value" | (typeof PERCENTILES)[number]): Line[] =>
    list.series.map(({ labels, points }) => {
      const label = nameOf(labels);
      const name = label || (key === "value" ? "all" : key);
      const values: (number | null)[] = Array.from({ length }, () => null);
      for (const point of points.filter(({ at }) => at <= times.at(-1)!))
        values[Math.round((point.at - from) / list.stepMs)] = point[key] ?? null;
      return {
        name,
        values,
        colour:
          isOne && key !== "value"
            ? SHADES[key]
            : isNamed(label)
              ? toneOf(label)
              : toneAt(order.indexOf(label)),
      };
    });
  if (list.kind !== "histogram") return { times, rate: linesOf("value"), percentiles: [] };
  return {
    times,
    rate: linesOf("value"),
    percentiles: PERCENTILES.map((name) => ({ name, lines: linesOf(name) })),
  };
}
