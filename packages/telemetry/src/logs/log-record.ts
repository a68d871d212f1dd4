import type { Attributes as OtelAttributes, SpanContext } from "@opentelemetry/api";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { limited } from "../otlp/attributes.ts";
import { hrTime } from "../otlp/hr-time.ts";
import type { Resources } from "../otlp/resources.ts";
import { SCOPE } from "../otlp/scope.ts";
import type { AttributeLimits } from "../settings/limits.ts";

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const severities: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};

/** Turns lines of a unit's log into what OpenTelemetry's exporters take. What is no JSON object is left out. */
export function logRecords(
  lines: readonly string[],
  resources: Resources,
  unit: string,
  limits: AttributeLimits,
): ReadableLogRecord[] {
  return lines.flatMap((line) => {
    const fields = parse(line);
    return fields ? [logRecord(fields, resources, unit, limits)] : [];
  });
}

function logRecord(
  fields: Record<string, unknown>,
  resources: Resources,
  unit: string,
  limits: AttributeLimits,
): ReadableLogRecord {
  const { level, time, msg, service, unit: _unit, traceId, spanId, member, err, error, ...rest } = fields;
  const at = Date.parse(String(time));
  const when = hrTime(Number.isNaN(at) ? Date.now() : at);
  const context = spanContextOf(traceId, spanId);
  const attributes = limited(
    {
      ...(typeof member === "string" && { "kerf.member": member }),
      ...exceptionOf(err ?? error),
      ...rest,
    } as OtelAttributes,
    limits,
  );
  return {
    hrTime: when,
    hrTimeObserved: when,
    severityText: String(level),
    severityNumber: severities[String(level)] ?? 0,
    ...(typeof msg === "string" && { body: msg }),
    ...(context && { spanContext: context }),
    resource: resources.of(typeof service === "string" ? service : unit),
    instrumentationScope: SCOPE,
    ...attributes,
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function spanContextOf(traceId: unknown, spanId: unknown): SpanContext | undefined {
  if (typeof traceId !== "string" || !/^[\da-f]{32}$/.test(traceId)) return undefined;
  const span = typeof spanId === "string" && /^[\da-f]{16}$/.test(spanId) ? spanId : "";
  return { traceId, spanId: span, traceFlags: 1 };
}

/** https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/ */
function exceptionOf(error: unknown): OtelAttributes {
  if (typeof error === "string") return { "exception.message": error };
  if (typeof error !== "object" || error === null) return {};
  const { type, message, stack, ...more } = error as Record<string, unknown>;
  return {
    "exception.type": text(type),
    "exception.message": text(message),
    "exception.stacktrace": text(stack),
    ...(Object.keys(more).length > 0 && { error: more }),
  } as OtelAttributes;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
