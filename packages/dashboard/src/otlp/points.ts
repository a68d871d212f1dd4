import { attributes, fields, list, micros, number, text, type Fields } from "./values.ts";
import { reject, type Read, type Sender } from "./row.ts";

const MOST_BUCKETS = 512;
const CUMULATIVE = 2;

/** Reads the points of a metric into `read`. */
export function readMetric(metric: Fields, sender: Sender, read: Read): void {
  const name = text(metric["name"]);
  const [form, data] = (["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const)
    .map((key) => [key, metric[key]] as const)
    .find(([, found]) => found !== undefined && found !== null) ?? ["none", undefined];
  const points = list(fields(data)["dataPoints"]);
  if (name === "" || form === "none") return reject(read, "a metric needs a name and points");
  if (form === "summary") {
    for (const _ of points) reject(read, `${name}: summaries are not kept; send histograms`);
    return;
  }
  const cumulative = number(fields(data)["aggregationTemporality"]) === CUMULATIVE;
  const monotonic = form === "sum" && fields(data)["isMonotonic"] === true;
  const histogram = form === "histogram" || form === "exponentialHistogram";
  const facts = {
    kind: "point",
    sender,
    name: name.slice(0, 256),
    description: text(metric["description"]),
    unit: text(metric["unit"]),
    metric: histogram ? "histogram" : monotonic ? "counter" : "gauge",
    cumulative: (histogram || monotonic) && cumulative,
  } as const;
  for (const point of points) {
    const atUs = micros(point["timeUnixNano"]);
    if (atUs <= 0) {
      reject(read, `${name}: a point needs a timeUnixNano`);
      continue;
    }
    const buckets =
      form === "histogram" ? explicit(point) : form === "exponentialHistogram" ? exponential(point) : none;
    if (buckets === undefined) {
      reject(read, `${name}: a histogram has one bucket more than bounds, and at most ${MOST_BUCKETS}`);
      continue;
    }
    read.rows.push({
      ...facts,
      startUs: micros(point["startTimeUnixNano"]),
      atUs,
      attributes: attributes(point["attributes"]),
      value: histogram ? number(point["sum"]) : number(point["asDouble"] ?? point["asInt"]),
      count: histogram ? number(point["count"]) : 1,
      ...buckets,
    });
  }
}

interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

const none: Buckets = { bounds: [], counts: [] };

function explicit(point: Fields): Buckets | undefined {
  const bounds = numbers(point["explicitBounds"]);
  const counts = numbers(point["bucketCounts"]);
  if (counts.length > MOST_BUCKETS) return undefined;
  // Both may be left out: then only count and sum are known.
  if (counts.length === 0) return none;
  return counts.length === bounds.length + 1 ? { bounds, counts } : undefined;
}

/** The positive side, with the bounds that its scale says: bucket i ends at base^(offset+i+1), base = 2^(2^-scale). */
function exponential(point: Fields): Buckets | undefined {
  const positive = fields(point["positive"]);
  const counts = numbers(positive["bucketCounts"]);
  const scale = number(point["scale"]);
  if (counts.length >= MOST_BUCKETS || Math.abs(scale) > 20) return undefined;
  const offset = number(positive["offset"]);
  const upTo = (i: number): number => 2 ** ((offset + i) * 2 ** -scale);
  const bounds = Array.from({ length: counts.length + 1 }, (_, i) => upTo(i));
  if (!bounds.every(Number.isFinite)) return undefined;
  return { bounds, counts: [number(point["zeroCount"]), ...counts, 0] };
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(number) : [];
}
