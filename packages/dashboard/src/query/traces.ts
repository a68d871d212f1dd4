import type { DatabaseSync } from "node:sqlite";
import type { SpanView, TraceList, TraceQuery, TraceSummary, TraceView } from "../api/index.ts";
import { fromHex } from "../otlp/values.ts";
import { markCritical } from "./critical.ts";
import { logsOfTrace } from "./logs.ts";

const MOST_SPANS = 5_000;
const KINDS = ["internal", "internal", "server", "client", "producer", "consumer"] as const;
const STATUS = ["unset", "ok", "error"] as const;

type Value = string | number | Uint8Array;

interface TraceRow {
  readonly trace: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly spans: number;
  readonly errors: number;
  readonly name: string | null;
  readonly service: string | null;
}

/** Which traces are looked at, where it is not all of them. */
export type Among =
  /** Those of spans that came after this one. */
  { readonly afterSpan: number } | { readonly traces: readonly string[] };

/** Finds traces, the latest first. What is asked of a span must all be true of one span. */
export function searchTraces(database: DatabaseSync, query: TraceQuery, among?: Among): TraceList {
  const limit = Math.min(500, Math.max(1, query.limit ?? 50));
  const ofSpan = spanConditions(query);
  const { sql, args } = ofSpan.sql.length > 0 ? bySpan(query, ofSpan, among) : byTrace(query, among);
  const found = new Map<string, TraceSummary>();
  let last: number | null = null;
  // Rows are read as they are found: the first page of what is frequent is there at once.
  for (const row of database.prepare(sql).iterate(...args) as Iterable<unknown> as Iterable<{
    trace: Uint8Array;
    at: number;
  }>) {
    const traceId = hex(row.trace);
    if (found.has(traceId)) continue;
    if (found.size >= limit) return { traces: [...found.values()], next: last };
    last = row.at / 1_000;
    const trace = database.prepare("SELECT * FROM trace WHERE trace = ?").get(row.trace) as unknown as
      | TraceRow
      | undefined;
    const summary = trace && summaryOf(database, trace);
    if (summary) found.set(traceId, summary);
  }
  return { traces: [...found.values()], next: null };
}

interface Conditions {
  readonly sql: string[];
  readonly args: Value[];
}

function byTrace(query: TraceQuery, among?: Among): { sql: string; args: Value[] } {
  const sql: string[] = [];
  const args: Value[] = [];
  const add = (condition: string, ...values: Value[]): void => {
    sql.push(condition);
    args.push(...values);
  };
  between("start", query, add);
  if (query.status === "error") add("errors > 0");
  if (query.status === "ok") add("errors = 0");
  if (query.minMs !== undefined) add("end - start >= ?", query.minMs * 1_000);
  if (query.maxMs !== undefined) add("end - start <= ?", query.maxMs * 1_000);
  if (among && "traces" in among) addTraces(among.traces, add);
  else if (among) add("trace IN (SELECT trace FROM span WHERE id > ?)", among.afterSpan);
  const where = sql.length > 0 ? ` WHERE ${sql.join(" AND ")}` : "";
  return { sql: `SELECT trace, start AS at FROM trace${where} ORDER BY start DESC`, args };
}

function spanConditions(query: TraceQuery): Conditions {
  const sql: string[] = [];
  const args: Value[] = [];
  const add = (condition: string, ...values: Value[]): void => {
    sql.push(condition);
    args.push(...values);
  };
  const { service, member, attribute } = query;
  if (service) add("service = ?", service);
  if (member) {
    if (/^\w+@\d+\.\w+$/.test(member)) add("member = ?", member);
    else add("(instr(name, ?) > 0 OR instr(coalesce(member, ''), ?) > 0)", member, member);
  }
  for (const pair of attribute === undefined ? [] : [attribute].flat()) {
    const at = pair.indexOf("=");
    const key = at < 0 ? pair : pair.slice(0, at);
    // Of a million attributes, few hold the text at all: only these are parsed.
    add(
      "instr(attributes, ?) > 0",
      at < 0 ? JSON.stringify(key) : JSON.stringify(pair.slice(at + 1)).slice(1, -1),
    );
    const path = `$.${JSON.stringify(key)}`;
    if (at < 0) add("json_type(attributes, ?) IS NOT NULL", path);
    else
      add(
        "CASE json_type(attributes, ?) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(json_extract(attributes, ?) AS TEXT) END = ?",
        path,
        path,
        pair.slice(at + 1),
      );
  }
  for (const word of (query.text ?? "").split(/\s+/).filter(Boolean).slice(0, 8))
    add(
      "(attributes LIKE ? ESCAPE '~' OR name LIKE ? ESCAPE '~' OR message LIKE ? ESCAPE '~' OR events LIKE ? ESCAPE '~')",
      ...Array.from({ length: 4 }, () => `%${word.replaceAll(/[~%_]/g, "~$&")}%`),
    );
  return { sql, args };
}

function bySpan(query: TraceQuery, of: Conditions, among?: Among): { sql: string; args: Value[] } {
  const sql = [...of.sql];
  const args = [...of.args];
  const add = (condition: string, ...values: Value[]): void => {
    sql.push(condition);
    args.push(...values);
  };
  between("start", query, add);
  if (query.status === "error") add("status = 2");
  if (query.status === "ok") add("status <> 2");
  if (query.minMs !== undefined) add("duration >= ?", query.minMs * 1_000);
  if (query.maxMs !== undefined) add("duration <= ?", query.maxMs * 1_000);
  if (among && "traces" in among) addTraces(among.traces, add);
  // Few are new: an index of all that ever came is no help with them.
  else if (among)
    return {
      sql: `SELECT trace, start AS at FROM span NOT INDEXED WHERE id > ? AND ${sql.join(" AND ")} ORDER BY id DESC`,
      args: [among.afterSpan, ...args],
    };
  // With an index the latest come first by themselves; without one, the order in which they came is near enough.
  const indexed = query.service || /^\w+@\d+\.\w+$/.test(query.member ?? "") || query.status === "error";
  return {
    sql: `SELECT trace, start AS at FROM span WHERE ${sql.join(" AND ")} ORDER BY ${indexed ? "start" : "id"} DESC`,
    args,
  };
}

function addTraces(traces: readonly string[], add: (sql: string, ...values: Value[]) => void): void {
  const ids = traces.flatMap((trace) => fromHex(trace) ?? []);
  add(`trace IN (${ids.map(() => "?").join(", ")})`, ...ids);
}

/** Id of the span that came last; 0 where there is none. */
export function latestSpan(database: DatabaseSync): number {
  return (database.prepare("SELECT max(id) AS id FROM span").get() as { id: number | null }).id ?? 0;
}

function between(
  column: string,
  { fromAt, toAt, before }: TraceQuery,
  add: (sql: string, value: number) => void,
): void {
  if (fromAt !== undefined) add(`${column} >= ?`, fromAt * 1_000);
  if (toAt !== undefined) add(`${column} <= ?`, toAt * 1_000);
  if (before !== undefined) add(`${column} < ?`, Math.round(before * 1_000));
}

function summaryOf(database: DatabaseSync, row: TraceRow): TraceSummary | undefined {
  const spans = database
    .prepare(
      "SELECT service, name, min(start) AS start FROM span WHERE trace = ? GROUP BY service ORDER BY start",
    )
    .all(row.trace) as { service: string; name: string }[];
  if (spans.length === 0) return undefined;
  return {
    traceId: hex(row.trace),
    name: row.name ?? spans[0]!.name,
    service: row.service ?? spans[0]!.service,
    startAt: row.start / 1_000,
    durationMs: (row.end - row.start) / 1_000,
    spans: row.spans,
    errors: row.errors,
    services: spans.map(({ service }) => service),
  };
}

interface SpanRow {
  readonly span: Uint8Array;
  readonly parent: Uint8Array | null;
  readonly service: string;
  readonly member: string | null;
  readonly name: string;
  readonly kind: number;
  readonly start: number;
  readonly duration: number;
  readonly status: number;
  readonly message: string | null;
  readonly attributes: string;
  readonly events: string | null;
  readonly links: string | null;
  readonly unit: string | null;
  readonly instance: string | null;
  readonly resource: string;
}

/** One trace with everything in it. Undefined where there is none. */
export function readTrace(database: DatabaseSync, traceId: string): TraceView | undefined {
  const id = fromHex(traceId);
  if (id?.length !== 16) return undefined;
  const rows = database
    .prepare(
      `SELECT span.*, sender.unit, sender.instance, sender.key AS resource FROM span JOIN sender ON sender.id = span.sender
      WHERE trace = ? ORDER BY start LIMIT ${MOST_SPANS + 1}`,
    )
    .all(id) as unknown as SpanRow[];
  if (rows.length === 0) return undefined;
  const { spans, answeredAt } = markCritical(ordered(rows.slice(0, MOST_SPANS).map(viewOf)));
  const startAt = Math.min(...spans.map((span) => span.startAt));
  const related = database
    .prepare(
      "SELECT * FROM trace WHERE trace IN (SELECT linked FROM link WHERE trace = ? UNION SELECT trace FROM link WHERE linked = ? LIMIT 100) ORDER BY start LIMIT 50",
    )
    .all(id, id) as unknown as TraceRow[];
  return {
    traceId,
    startAt,
    durationMs: Math.max(...spans.map((span) => span.startAt + span.durationMs)) - startAt,
    answerMs: answeredAt - startAt,
    spans,
    logs: logsOfTrace(database, id),
    related: related.flatMap((row) => (hex(row.trace) === traceId ? [] : (summaryOf(database, row) ?? []))),
    truncated: rows.length > MOST_SPANS,
  };
}

function viewOf(row: SpanRow): SpanView {
  const attributes = JSON.parse(row.attributes) as SpanView["attributes"];
  const local = attributes["kerf.local"];
  return {
    spanId: hex(row.span),
    parentSpanId: row.parent && hex(row.parent),
    name: row.name,
    kind: KINDS[row.kind] ?? "internal",
    service: row.service,
    unit: row.unit,
    instance: row.instance,
    member: row.member,
    local: typeof local === "boolean" ? local : null,
    startAt: row.start / 1_000,
    durationMs: row.duration / 1_000,
    status: STATUS[row.status] ?? "unset",
    statusMessage: row.message,
    critical: false,
    criticalToEnd: false,
    attributes,
    resource: JSON.parse(row.resource) as SpanView["resource"],
    events: row.events === null ? [] : (JSON.parse(row.events) as SpanView["events"]),
    links: row.links === null ? [] : (JSON.parse(row.links) as SpanView["links"]),
  };
}

/** Parents before their children, siblings by start. */
function ordered(spans: readonly SpanView[]): SpanView[] {
  const known = new Map(spans.map((span) => [span.spanId, span]));
  const children = Map.groupBy(spans, ({ parentSpanId }) =>
    parentSpanId !== null && known.has(parentSpanId) ? parentSpanId : "",
  );
  const result = new Set<SpanView>();
  const waiting = (children.get("") ?? []).toReversed();
  for (let span = waiting.pop(); span; span = waiting.pop()) {
    if (result.has(span)) continue;
    result.add(span);
    waiting.push(...(children.get(span.spanId) ?? []).toReversed());
  }
  // Spans whose parents are each other's have no root.
  for (const span of spans) result.add(span);
  return [...result];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
