import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Topic } from "../api/index.ts";
import type { LogRow, Row, Sender, SpanRow } from "../otlp/row.ts";
import { FlowSums, memberOf, type FlowSum } from "./flow.ts";
import { PointWriter } from "./points.ts";

const LONGEST_ATTRIBUTES = 65_536;
const MOST_SENDERS = 10_000;

interface TraceSum {
  readonly id: Uint8Array;
  start: number;
  end: number;
  spans: number;
  errors: number;
  name: string | null;
  service: string | null;
}

/** Writes rows, each batch in one transaction. */
export class Writer {
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<
    Record<"span" | "log" | "trace" | "link" | "flow" | "flowBefore" | "sender" | "senderOf", StatementSync>
  >;
  readonly #points: PointWriter;
  readonly #senders = new Map<string, number>();
  readonly #flows = new FlowSums();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#points = new PointWriter(database);
    this.#statements = {
      span: database.prepare(
        "INSERT INTO span (trace, span, parent, sender, service, member, name, kind, start, duration, status, message, attributes, events, links) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      log: database.prepare(
        "INSERT INTO log (at, severity, sender, service, unit, member, message, trace, span, attributes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      trace: database.prepare(
        "INSERT INTO trace VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET start = min(start, excluded.start), end = max(end, excluded.end), spans = spans + excluded.spans, errors = errors + excluded.errors, name = coalesce(excluded.name, name), service = coalesce(excluded.service, service)",
      ),
      link: database.prepare("INSERT INTO link (trace, linked) VALUES (?, ?)"),
      flow: database.prepare("INSERT OR REPLACE INTO flow VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      flowBefore: database.prepare(
        "SELECT count, errors, refused, durations, asked, askedBytes, replied, repliedBytes FROM flow WHERE slot = ? AND kind = ? AND source = ? AND target = ? AND member = ? AND local = ?",
      ),
      sender: database.prepare(
        "INSERT OR IGNORE INTO sender (key, service, unit, instance) VALUES (?, ?, ?, ?)",
      ),
      senderOf: database.prepare("SELECT id FROM sender WHERE key = ?"),
    };
  }

  /** Gives what the rows are about. */
  write(rows: readonly Row[]): Set<Topic> {
    const topics = new Set<Topic>();
    const traces = new Map<string, TraceSum>();
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const row of rows) {
        const sender = this.#sender(row.sender);
        if (row.kind === "span") this.#span(row, sender, traces);
        else if (row.kind === "log") this.#log(row, sender);
        else this.#points.write(row, sender);
        topics.add(row.kind === "span" ? "traces" : row.kind === "log" ? "logs" : "metrics");
      }
      for (const one of traces.values())
        this.#statements.trace.run(one.id, one.start, one.end, one.spans, one.errors, one.name, one.service);
      for (const flow of this.#flows.take()) {
        this.#flow(flow);
        if (flow.kind === "publish" || flow.kind === "deliver") topics.add("events");
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      // What was remembered may have been rolled back.
      this.#senders.clear();
      this.#points.forget();
      throw error;
    }
    return topics;
  }

  #span(row: SpanRow, sender: number, traces: Map<string, TraceSum>): void {
    const { sender: by, startUs, durationUs } = row;
    this.#statements.span.run(
      row.traceId,
      row.spanId,
      row.parentId,
      sender,
      by.service,
      memberOf(row),
      row.name,
      row.spanKind,
      startUs,
      durationUs,
      row.status,
      row.statusMessage,
      jsonOf(row.attributes),
      row.events.length > 0 ? jsonOf(row.events) : null,
      row.links.length > 0
        ? jsonOf(
            row.links.map((link) => ({
              traceId: hex(link.traceId),
              spanId: hex(link.spanId),
              attributes: link.attributes,
            })),
          )
        : null,
    );
    for (const { traceId } of row.links) this.#statements.link.run(row.traceId, traceId);
    this.#flows.add(row);
    const key = hex(row.traceId);
    let trace = traces.get(key);
    if (!trace)
      traces.set(
        key,
        (trace = {
          id: row.traceId,
          start: startUs,
          end: startUs,
          spans: 0,
          errors: 0,
          name: null,
          service: null,
        }),
      );
    trace.start = Math.min(trace.start, startUs);
    trace.end = Math.max(trace.end, startUs + durationUs);
    trace.spans++;
    if (row.status === 2) trace.errors++;
    if (row.parentId === null) {
      trace.name = row.name;
      trace.service = by.service;
    }
  }

  #log(row: LogRow, sender: number): void {
    const { attributes, sender: by } = row;
    const named = (name: string): string | null =>
      typeof attributes[name] === "string" ? attributes[name] : null;
    this.#statements.log.run(
      row.atUs,
      row.severity,
      sender,
      named("service") ?? by.service,
      by.unit ?? named("unit"),
      named("member") ?? named("kerf.member"),
      row.message,
      row.traceId,
      row.spanId,
      jsonOf(attributes),
    );
  }

  #flow(flow: FlowSum): void {
    const key = [flow.slot, flow.kind, flow.source, flow.target, flow.member, flow.local] as const;
    const before = this.#statements.flowBefore.get(...key) as
      | (Omit<FlowSum, "durations"> & { durations: string })
      | undefined;
    const durations = new Map(flow.durations);
    if (before)
      for (const [bucket, count] of JSON.parse(before.durations) as [number, number][])
        durations.set(bucket, (durations.get(bucket) ?? 0) + count);
    const sum = (
      name: "count" | "errors" | "refused" | "asked" | "askedBytes" | "replied" | "repliedBytes",
    ): number => flow[name] + (before?.[name] ?? 0);
    this.#statements.flow.run(
      ...key,
      sum("count"),
      sum("errors"),
      sum("refused"),
      JSON.stringify([...durations]),
      sum("asked"),
      sum("askedBytes"),
      sum("replied"),
      sum("repliedBytes"),
    );
  }

  #sender({ key, service, unit, instance }: Sender): number {
    const known = this.#senders.get(key);
    if (known !== undefined) return known;
    if (this.#senders.size >= MOST_SENDERS) this.#senders.clear();
    this.#statements.sender.run(key, service, unit, instance);
    const { id } = this.#statements.senderOf.get(key) as { id: number };
    this.#senders.set(key, id);
    return id;
  }
}

/** One that is too long is of no use to anybody, and would fill the storage. */
function jsonOf(value: object): string {
  const text = JSON.stringify(value);
  if (text.length <= LONGEST_ATTRIBUTES) return text;
  return Array.isArray(value)
    ? "[]"
    : JSON.stringify({ "kerf.dashboard": `left out: ${text.length} characters` });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
