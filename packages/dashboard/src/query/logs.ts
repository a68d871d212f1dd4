import type { DatabaseSync } from "node:sqlite";
import type { Attributes, LogLevel, LogLine, LogList, LogQuery } from "../api/index.ts";
import { fromHex } from "../otlp/values.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
const MOST_OF_TRACE = 1_000;

interface LogRow {
  readonly id: number;
  readonly at: number;
  readonly severity: number;
  readonly service: string;
  readonly unit: string | null;
  readonly member: string | null;
  readonly message: string;
  readonly trace: Uint8Array | null;
  readonly span: Uint8Array | null;
  readonly attributes: string;
}

/** The level of a severity of OTLP: four numbers each, from 1 on. */
export function levelOf(severity: number): LogLevel {
  return LEVELS[Math.floor((Math.max(1, severity) - 1) / 4)] ?? "fatal";
}

/** The lowest severity of a level. */
export function severityOf(level: LogLevel): number {
  return LEVELS.indexOf(level) * 4 + 1;
}

/** The latest first, in the order in which they came. */
export function searchLogs(database: DatabaseSync, query: LogQuery): LogList {
  const limit = Math.min(1_000, Math.max(1, query.limit ?? 200));
  const sql: string[] = [];
  const args: (string | number | Uint8Array)[] = [];
  const add = (condition: string, ...values: (string | number | Uint8Array)[]): void => {
    sql.push(condition);
    args.push(...values);
  };
  const { service, unit, level, text, traceId, fromAt, toAt, before } = query;
  if (service) add("service = ?", service);
  if (unit) add("unit = ?", unit);
  if (level) add("severity >= ?", severityOf(level));
  if (text)
    add(
      "(instr(lower(message), ?) > 0 OR instr(lower(attributes), ?) > 0)",
      text.toLowerCase(),
      text.toLowerCase(),
    );
  if (traceId) add("trace = ?", fromHex(traceId) ?? new Uint8Array());
  if (fromAt !== undefined) add("at >= ?", fromAt * 1_000);
  if (toAt !== undefined) add("at <= ?", toAt * 1_000);
  if (before !== undefined) add("id < ?", before);
  const where = sql.length > 0 ? `WHERE ${sql.join(" AND ")}` : "";
  const rows = database
    .prepare(`SELECT * FROM log ${where} ORDER BY id DESC LIMIT ${limit + 1}`)
    .all(...args) as unknown as LogRow[];
  const logs = rows.slice(0, limit).map(lineOf);
  return { logs, next: rows.length > limit ? logs.at(-1)!.id : null };
}

export function logsOfTrace(database: DatabaseSync, trace: Uint8Array): LogLine[] {
  const rows = database
    .prepare(`SELECT * FROM log WHERE trace = ? ORDER BY at LIMIT ${MOST_OF_TRACE}`)
    .all(trace) as unknown as LogRow[];
  return rows.map(lineOf);
}

/** Those that came after `id`, oldest first. */
export function logsAfter(database: DatabaseSync, id: number, most: number): LogLine[] {
  const rows = database
    .prepare("SELECT * FROM log WHERE id > ? ORDER BY id LIMIT ?")
    .all(id, most) as unknown as LogRow[];
  return rows.map(lineOf);
}

/** Id of the latest; 0 where there is none. */
export function latestLog(database: DatabaseSync): number {
  return (database.prepare("SELECT max(id) AS id FROM log").get() as { id: number | null }).id ?? 0;
}

/** Whether a line is one that a query is for. */
export function matches(line: LogLine, { service, unit, level, text }: LogQuery): boolean {
  if (service && line.service !== service) return false;
  if (unit && line.unit !== unit) return false;
  if (level && LEVELS.indexOf(line.level) < LEVELS.indexOf(level)) return false;
  if (!text) return true;
  return `${line.message} ${JSON.stringify(line.attributes)}`.toLowerCase().includes(text.toLowerCase());
}

function lineOf(row: LogRow): LogLine {
  return {
    id: row.id,
    at: row.at / 1_000,
    level: levelOf(row.severity),
    message: row.message,
    service: row.service,
    unit: row.unit,
    member: row.member,
    traceId: row.trace && Buffer.from(row.trace).toString("hex"),
    spanId: row.span && Buffer.from(row.span).toString("hex"),
    attributes: JSON.parse(row.attributes) as Attributes,
  };
}
