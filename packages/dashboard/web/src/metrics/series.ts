import type { SeriesList } from "../../../src/api.ts";
import { toneOf } from "../palette.ts";
import type { Line } from "./chart.tsx";

/** Series on one raster of times. */
export interface Raster {
  readonly times: readonly number[];
  readonly rate: readonly Line[];
  /** Of a histogram: one list of lines for each percentile. */
  readonly percentiles: readonly { readonly name: "p50" | "p95" | "p99"; readonly lines: readonly Line[] }[];
}

const PERCENTILES = ["p50", "p95", "p99"] as const;
const SHADES = { p50: "var(--tone-1)", p95: "var(--tone-0)", p99: "var(--tone-4)" } as const;

export function rasterOf(list: SeriesList): Raster {
  const starts = list.series.flatMap(({ points }) => points.map(({ at }) => at));
  if (starts.length === 0) return { times: [], rate: [], percentiles: [] };
  const from = Math.min(...starts);
  const length = Math.round((Math.max(...starts) - from) / list.stepMs) + 1;
  const times = Array.from({ length }, (_, index) => from + index * list.stepMs);
  const isOne = list.series.length === 1;
  const linesOf = (key: "value" | (typeof PERCENTILES)[number]): Line[] =>
    list.series.map(({ labels, points }) => {
      const name = Object.values(labels).join(" · ") || (key === "value" ? "all" : key);
      const values: (number | null)[] = Array.from({ length }, () => null);
      for (const point of points) values[Math.round((point.at - from) / list.stepMs)] = point[key] ?? null;
      return { name, values, colour: isOne && key !== "value" ? SHADES[key] : toneOf(name) };
    });
  if (list.kind !== "histogram") return { times, rate: linesOf("value"), percentiles: [] };
  return {
    times,
    rate: linesOf("value"),
    percentiles: PERCENTILES.map((name) => ({ name, lines: linesOf(name) })),
  };
}
