import type { Attributes } from "../api/index.ts";
import type { Fields } from "./values.ts";
import { anyValue, attributes, fields, id, list, micros, number, text } from "./values.ts";
import type { Signal } from "./messages.ts";
import { readMetric } from "./points.ts";
import { reject, type LogRow, type Read, type Sender, type SpanRow } from "./row.ts";

const MOST_EVENTS = 128;

/** Reads a request that was decoded from protobuf or JSON. What in it is wrong is left out and counted. */
export function readRows(signal: Signal, request: unknown): Read {
  const read: Read = { rows: [], rejected: 0, reason: "" };
  const [resources, scopes, items] = (
    {
      traces: ["resourceSpans", "scopeSpans", "spans"],
      metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
      logs: ["resourceLogs", "scopeLogs", "logRecords"],
    } as const
  )[signal];
  for (const resource of list(fields(request)[resources])) {
    const sender = senderOf(attributes(fields(resource["resource"])["attributes"]));
    for (const scope of list(resource[scopes]))
      for (const item of list(scope[items])) {
        if (signal === "metrics") readMetric(item, sender, read);
        else {
          const row = signal === "traces" ? spanOf(item, sender) : logOf(item, sender);
          if (typeof row === "string") reject(read, row);
          else read.rows.push(row);
        }
      }
  }
  return read;
}

function senderOf(resource: Attributes): Sender {
  const of = (name: string): string | null => {
    const value = resource[name];
    return typeof value === "string" && value !== "" ? value : null;
  };
  return {
    service: of("service.name") ?? "unknown_service",
    unit: of("kerf.unit"),
    instance: of("service.instance.id"),
    attributes: resource,
    key: JSON.stringify(resource),
  };
}

function spanOf(span: Fields, sender: Sender): SpanRow | string {
  const traceId = id(span["traceId"], 16);
  const spanId = id(span["spanId"], 8);
  if (!traceId || !spanId)
    return "a span needs a traceId of 16 bytes and a spanId of 8 that are not all zeros";
  const startUs = micros(span["startTimeUnixNano"]);
  if (startUs <= 0) return "a span needs a startTimeUnixNano";
  const status = fields(span["status"]);
  const code = number(status["code"]);
  return {
    kind: "span",
    sender,
    traceId,
    spanId,
    parentId: id(span["parentSpanId"], 8) ?? null,
    name: text(span["name"]).slice(0, 1_000),
    spanKind: number(span["kind"]),
    startUs,
    durationUs: Math.max(0, micros(span["endTimeUnixNano"]) - startUs),
    status: code === 1 || code === 2 ? code : 0,
    statusMessage: text(status["message"]) || null,
    attributes: attributes(span["attributes"]),
    events: list(span["events"])
      .slice(0, MOST_EVENTS)
      .map((event) => ({
        name: text(event["name"]),
        at: micros(event["timeUnixNano"]) / 1_000,
        attributes: attributes(event["attributes"]),
      })),
    links: list(span["links"])
      .slice(0, MOST_EVENTS)
      .flatMap((link) => {
        const linked = id(link["traceId"], 16);
        const linkedSpan = id(link["spanId"], 8);
        return linked && linkedSpan
          ? [{ traceId: linked, spanId: linkedSpan, attributes: attributes(link["attributes"]) }]
          : [];
      }),
  };
}

function logOf(record: Fields, sender: Sender): LogRow | string {
  const atUs = micros(record["timeUnixNano"]) || micros(record["observedTimeUnixNano"]);
  if (atUs <= 0) return "a log record needs a timeUnixNano or an observedTimeUnixNano";
  const body = anyValue(record["body"], 0);
  return {
    kind: "log",
    sender,
    atUs,
    severity: Math.min(24, Math.max(0, Math.round(number(record["severityNumber"])))) || 9,
    message: text(typeof body === "string" ? body : body === null ? "" : JSON.stringify(body)),
    traceId: id(record["traceId"], 16) ?? null,
    spanId: id(record["spanId"], 8) ?? null,
    attributes: attributes(record["attributes"]),
  };
}
