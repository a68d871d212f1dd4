import type { DatabaseSync } from "node:sqlite";
import type { Attributes, AttributeValue } from "../api/index.ts";

/**
 * Everything that is kept, as OTLP JSON lines (opentelemetry-proto, "OTLP JSON File"): each line an `ExportTraceServiceRequest`
 * or its like for logs, of one sender. Metrics are written as what was added since the point before (delta).
 */
export function* exportLines(database: DatabaseSync): Generator<string> {
  const senders = new Map(
    (database.prepare("SELECT id, key FROM sender").all() as { id: number; key: string }[]).map(
      ({ id, key }) => [id, { attributes: keyValues(JSON.parse(key) as Attributes) }],
    ),
  );
  const resource = (id: unknown): object => senders.get(id as number) ?? { attributes: [] };
  for (const row of pages(database, "SELECT * FROM span WHERE id > ? ORDER BY id LIMIT 500"))
    yield JSON.stringify({
      resourceSpans: [{ resource: resource(row["sender"]), scopeSpans: [{ spans: [spanOf(row)] }] }],
    });
  for (const row of pages(database, "SELECT * FROM log WHERE id > ? ORDER BY id LIMIT 500"))
    yield JSON.stringify({
      resourceLogs: [{ resource: resource(row["sender"]), scopeLogs: [{ logRecords: [logOf(row)] }] }],
    });
  const points =
    "SELECT point.*, series.name, series.kind, series.unit, series.description, series.sender, series.attributes FROM point JOIN series ON series.id = point.series WHERE point.id > ? ORDER BY point.id LIMIT 500";
  for (const row of pages(database, points))
    yield JSON.stringify({
      resourceMetrics: [{ resource: resource(row["sender"]), scopeMetrics: [{ metrics: [metricOf(row)] }] }],
    });
}

type Row = Record<string, any>;

/** Page by page: a statement that stays open would keep everything that is written meanwhile in the log of SQLite. */
function* pages(database: DatabaseSync, sql: string): Generator<Row> {
  const statement = database.prepare(sql);
  let last = 0;
  for (;;) {
    const rows = statement.all(last) as Row[];
    if (rows.length === 0) return;
    yield* rows;
    last = rows.at(-1)!["id"] as number;
  }
}

function spanOf(row: Row): object {
  return {
    traceId: hex(row["trace"]),
    spanId: hex(row["span"]),
    ...(row["parent"] ? { parentSpanId: hex(row["parent"]) } : {}),
    name: row["name"],
    kind: row["kind"],
    startTimeUnixNano: nanos(row["start"]),
    endTimeUnixNano: nanos(row["start"] + row["duration"]),
    attributes: keyValues(JSON.parse(row["attributes"])),
    events: (JSON.parse(row["events"] ?? "[]") as Row[]).map(({ name, at, attributes }) => ({
      name,
      timeUnixNano: nanos(Math.round(at * 1_000)),
      attributes: keyValues(attributes),
    })),
    links: (JSON.parse(row["links"] ?? "[]") as Row[]).map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: keyValues(attributes),
    })),
    status: { code: row["status"], ...(row["message"] === null ? {} : { message: row["message"] }) },
  };
}

function logOf(row: Row): object {
  return {
    timeUnixNano: nanos(row["at"]),
    severityNumber: row["severity"],
    body: { stringValue: row["message"] },
    attributes: keyValues(JSON.parse(row["attributes"])),
    ...(row["trace"] ? { traceId: hex(row["trace"]) } : {}),
    ...(row["span"] ? { spanId: hex(row["span"]) } : {}),
  };
}

function metricOf(row: Row): object {
  const DELTA = 1;
  const point = { timeUnixNano: nanos(row["at"]), attributes: keyValues(JSON.parse(row["attributes"])) };
  const { name, unit, description } = row;
  if (row["kind"] === "histogram") {
    const { bounds, counts } = JSON.parse(row["buckets"] ?? '{"bounds":[],"counts":[]}') as Row;
    const dataPoint = {
      ...point,
      count: String(row["count"]),
      sum: row["value"],
      explicitBounds: bounds,
      bucketCounts: (counts as number[]).map(String),
    };
    return { name, unit, description, histogram: { aggregationTemporality: DELTA, dataPoints: [dataPoint] } };
  }
  const dataPoints = [{ ...point, asDouble: row["value"] }];
  if (row["kind"] === "gauge") return { name, unit, description, gauge: { dataPoints } };
  return { name, unit, description, sum: { aggregationTemporality: DELTA, isMonotonic: true, dataPoints } };
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (value === null) return {};
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: keyValues(value as Attributes) } };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function nanos(micros: number): string {
  return `${BigInt(micros) * 1_000n}`;
}
