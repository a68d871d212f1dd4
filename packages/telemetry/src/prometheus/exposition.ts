import type { AttributeValue } from "@kerf/runtime/telemetry";
import type { Exemplar, Histogram } from "../metrics/histogram.ts";
import type { Metric } from "../metrics/metric.ts";

/** How metrics are written: Prometheus' own text, or OpenMetrics, which has exemplars. */
export type Format = "prometheus" | "openmetrics";

export const contentTypes: Readonly<Record<Format, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What the header `accept` asks for. */
export function formatFor(accept: string | undefined): Format {
  return accept?.includes("application/openmetrics-text") ? "openmetrics" : "prometheus";
}

/**
 * Metrics as Prometheus reads them. Names and units are as OpenTelemetry maps them: `kerf.edge.duration` in seconds is
 * `kerf_edge_duration_seconds`.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function exposition(metrics: readonly Metric[], format: Format): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    if (metric.points.length === 0) continue;
    const family = familyOf(metric);
    // In OpenMetrics the family of a counter has no suffix.
    const sample = metric.kind === "counter" ? `${family}_total` : family;
    const named = format === "openmetrics" ? family : sample;
    lines.push(`# HELP ${named} ${escapeHelp(metric.description)}`);
    lines.push(`# TYPE ${named} ${metric.kind}`);
    if (metric.kind === "histogram") {
      for (const { attributes, value } of metric.points)
        writeHistogram(lines, sample, labelsOf(attributes), value, format);
    } else {
      for (const { attributes, value } of metric.points)
        lines.push(`${sample}${braced(labelsOf(attributes))} ${number(value)}`);
    }
  }
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function writeHistogram(
  lines: string[],
  name: string,
  labels: readonly string[],
  { bounds, counts, sum, count, exemplars }: Histogram,
  format: Format,
): void {
  let below = 0;
  for (const [i, inBucket] of counts.entries()) {
    below += inBucket;
    const bound = i < bounds.length ? decimal(bounds[i]!) : "+Inf";
    const exemplar = format === "openmetrics" ? told(exemplars[i]) : "";
    lines.push(`${name}_bucket${braced([...labels, `le="${bound}"`])} ${below}${exemplar}`);
  }
  lines.push(`${name}_sum${braced(labels)} ${number(sum)}`);
  lines.push(`${name}_count${braced(labels)} ${count}`);
}

function told(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return "";
  const { traceId, spanId, value, at } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${number(value)} ${(at / 1_000).toFixed(3)}`;
}

/** Those of UCUM that are used here, as Prometheus spells them; what is in braces counts things. */
const units: Readonly<Record<string, string>> = { s: "seconds", By: "bytes" };

function familyOf({ name, unit, kind }: Metric): string {
  const base = name.replace(/[^a-zA-Z0-9_:]/g, "_");
  const suffix = unit === "1" && kind === "gauge" ? "ratio" : units[unit];
  return suffix === undefined || base.endsWith(`_${suffix}`) ? base : `${base}_${suffix}`;
}

function labelsOf(attributes: Readonly<Record<string, AttributeValue | undefined>>): string[] {
  const labels: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    labels.push(`${name.replace(/[^a-zA-Z0-9_]/g, "_")}="${escapeLabel(bounded(String(value)))}"`);
  }
  return labels;
}

/** A label is a name, not a text. */
const labelAtMost = 200;

function bounded(value: string): string {
  return value.length > labelAtMost ? value.slice(0, labelAtMost) : value;
}

function braced(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN";
}

/** OpenMetrics wants bounds to be floats. */
function decimal(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
