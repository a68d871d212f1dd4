import type { Attributes } from "../api/index.ts";
import type { LogRow } from "./row.ts";
import { fromHex } from "./values.ts";

/** Who wrote a line, as far as the line does not say so itself. */
export interface Writer {
  readonly app: string;
  readonly unit: string;
}

const LONGEST = 65_536;

/** A line of a unit's log as a record. Undefined where it is no JSON object with a message: what somebody printed. */
export function logRowOf(line: string, { app, unit }: Writer): LogRow | undefined {
  if (!line.startsWith("{") || line.length > LONGEST) return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { level, time, msg, service, traceId, spanId, trace_id: trace, span_id: span, ...rest } = fields;
  if (typeof msg !== "string") return undefined;
  const at = typeof time === "number" ? time : typeof time === "string" ? Date.parse(time) : Number.NaN;
  const name = typeof service === "string" ? service : unit;
  const resource: Attributes = { "service.name": name, "service.namespace": app, "kerf.unit": unit };
  const idIn = (value: unknown, length: number): Uint8Array | null => {
    const bytes = typeof value === "string" ? fromHex(value) : undefined;
    return bytes?.length === length ? bytes : null;
  };
  return {
    kind: "log",
    sender: { service: name, unit, instance: null, attributes: resource, key: JSON.stringify(resource) },
    atUs: Math.round((Number.isFinite(at) ? at : Date.now()) * 1_000),
    severity: severityOf(level),
    message: msg,
    traceId: idIn(traceId ?? trace, 16),
    spanId: idIn(spanId ?? span, 8),
    // It was JSON a moment ago.
    attributes: rest as Attributes,
  };
}

/** Levels of pino are 10 apart, from trace; OTLP has four severities for each. */
function severityOf(level: unknown): number {
  const names = ["trace", "debug", "info", "warn", "error", "fatal"];
  const index = typeof level === "number" ? Math.round(level / 10) - 1 : names.indexOf(String(level));
  return Math.min(5, Math.max(0, index)) * 4 + 1;
}
