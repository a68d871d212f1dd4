import type { DatabaseSync } from "node:sqlite";
import type {
  Attributes,
  MetricFacts,
  MetricList,
  SeriesList,
  SeriesPoint,
  SeriesQuery,
} from "../api/index.ts";

const MOST_SERIES = 50;
const MOST_POINTS = 2_000;
const MOST_READ = 500_000;

interface SeriesRow {
  readonly id: number;
  readonly name: string;
  readonly kind: MetricFacts["kind"];
  readonly unit: string;
  readonly description: string;
  readonly attributes: string;
  readonly service: string;
  readonly ofUnit: string | null;
  readonly instance: string | null;
}

const SERIES =
  "SELECT series.*, sender.service, sender.unit AS ofUnit, sender.instance FROM series JOIN sender ON sender.id = series.sender";

export function metricsOf(database: DatabaseSync): MetricList {
  const rows = database.prepare(`${SERIES} ORDER BY name`).all() as unknown as SeriesRow[];
  const metrics = [...Map.groupBy(rows, ({ name }) => name)].map(([name, of]): MetricFacts => {
    const keys = of.flatMap((row) => Object.keys(JSON.parse(row.attributes) as object));
    return {
      name,
      kind: of[0]!.kind,
      unit: of[0]!.unit,
      description: of[0]!.description,
      services: [...new Set(of.map(({ service }) => service))],
      attributes: [...new Set(keys)],
    };
  });
  return { metrics };
}

interface Bin {
  value: number;
  count: number;
  /** Of a gauge: by series, the latest value. */
  readonly latest: Map<number, number>;
  readonly buckets: Map<number, number>;
}

/** Undefined where there is no such metric. */
export function seriesOf(
  database: DatabaseSync,
  query: SeriesQuery,
  now = Date.now(),
): SeriesList | undefined {
  const rows = (
    database.prepare(`${SERIES} WHERE name = ?`).all(query.name) as unknown as SeriesRow[]
  ).filter(({ service }) => !query.service || service === query.service);
  const [first] = rows;
  if (!first) return undefined;
  const toAt = query.toAt ?? now;
  const fromAt = Math.min(query.fromAt ?? toAt - 30 * 60_000, toAt);
  const stepMs = Math.max(1_000, query.stepMs ?? 0, (toAt - fromAt) / (query.stepMs ? MOST_POINTS : 120));
  const by = (query.by ?? "").split(",").filter(Boolean).slice(0, 8);
  const groups = new Map<string, { labels: Record<string, string>; bins: Map<number, Bin> }>();
  const points = database.prepare(
    `SELECT at, value, count, buckets FROM point WHERE series = ? AND at BETWEEN ? AND ? ORDER BY at LIMIT ${MOST_READ}`,
  );
  for (const row of rows) {
    const labels = labelsOf(row, by);
    const key = JSON.stringify(labels);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { labels, bins: new Map() }));
    for (const point of points.iterate(
      row.id,
      Math.floor(fromAt * 1_000),
      Math.ceil(toAt * 1_000),
    ) as Iterable<unknown> as Iterable<PointOf>)
      add(group.bins, Math.floor((point.at / 1_000 - fromAt) / stepMs), point, row.id);
  }
  const series = [...groups.values()]
    .map(({ labels, bins }) => ({
      labels,
      points: [...bins]
        .toSorted(([a], [b]) => a - b)
        .map(([bin, sum]) => pointOf(first.kind, fromAt + bin * stepMs, sum, stepMs)),
    }))
    .filter(({ points: some }) => some.length > 0)
    .toSorted((a, b) => total(b.points) - total(a.points))
    .slice(0, MOST_SERIES);
  return { kind: first.kind, unit: first.unit, stepMs, series };
}

interface PointOf {
  readonly at: number;
  readonly value: number;
  readonly count: number;
  readonly buckets: string | null;
}

function labelsOf(row: SeriesRow, by: readonly string[]): Record<string, string> {
  const attributes = JSON.parse(row.attributes) as Attributes;
  const own: Attributes = { service: row.service, unit: row.ofUnit, instance: row.instance };
  return Object.fromEntries(by.map((key) => [key, String(own[key] ?? attributes[key] ?? "")]));
}

function add(bins: Map<number, Bin>, at: number, point: PointOf, series: number): void {
  let bin = bins.get(at);
  if (!bin) bins.set(at, (bin = { value: 0, count: 0, latest: new Map(), buckets: new Map() }));
  bin.value += point.value;
  bin.count += point.count;
  bin.latest.set(series, point.value);
  if (point.buckets === null) return;
  const { bounds, counts } = JSON.parse(point.buckets) as { bounds: number[]; counts: number[] };
  for (const [i, count] of counts.entries()) {
    const bound = bounds[i] ?? Infinity;
    if (count > 0) bin.buckets.set(bound, (bin.buckets.get(bound) ?? 0) + count);
    else if (!bin.buckets.has(bound)) bin.buckets.set(bound, 0);
  }
}

function pointOf(kind: MetricFacts["kind"], at: number, bin: Bin, stepMs: number): SeriesPoint {
  if (kind === "gauge") return { at, value: [...bin.latest.values()].reduce((sum, value) => sum + value, 0) };
  if (kind === "counter") return { at, value: bin.value / (stepMs / 1_000) };
  const value = bin.count / (stepMs / 1_000);
  if (bin.buckets.size === 0) return { at, value };
  const of = quantiles(bin.buckets);
  return { at, value, p50: of(0.5), p95: of(0.95), p99: of(0.99) };
}

/** Within a bucket its recordings are taken to lie evenly; above the last bound it is that bound. */
function quantiles(buckets: ReadonlyMap<number, number>): (share: number) => number {
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  const all = sorted.reduce((sum, [, count]) => sum + count, 0);
  return (share) => {
    let left = all * share;
    let low = 0;
    for (const [bound, count] of sorted) {
      if (left <= count && count > 0) return bound === Infinity ? low : low + (bound - low) * (left / count);
      left -= count;
      if (bound !== Infinity) low = bound;
    }
    return low;
  };
}

function total(points: readonly SeriesPoint[]): number {
  return points.reduce((sum, { value }) => sum + value, 0);
}
