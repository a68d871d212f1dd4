import type { Attributes, SpanView, TraceView } from "@kerf/dashboard/api";
import { type Output, type Style } from "../output.ts";
import { plain } from "../tables.ts";
import { treeOf, type Entry } from "./trace-tree.ts";
import { clock, fit, room, shortId, took } from "./words.ts";

/** Where nothing says how wide it may be. */
const WIDTH = 120;
const BAR = 24;
const MOST_LINES = 5_000;

interface Row {
  /** With the lines that join it to its parent. */
  readonly text: string;
  readonly style: Style | undefined;
  /** Undefined for what belongs to the span above. */
  readonly span: SpanView | undefined;
}

/**
 * One trace as a tree in time: durations, errors, events and logs in place. `*` marks the critical path to the answer, `·`
 * that from there to the end.
 */
export function waterfall(trace: TraceView, output: Output, width = room()): string[] {
  const { paint } = output;
  const rows: Row[] = [];
  // Whoever calls itself a thousand times fills no terminal.
  for (const entry of treeOf(trace)) addRows(rows, entry, "", "", trace.startAt);
  const shown = rows.slice(0, MOST_LINES);
  const bar = (width ?? WIDTH) >= 90 ? BAR : 0;
  // Times and the bar stand on the right: names give way.
  const right = 2 + 9 + 1 + 9 + (bar > 0 ? bar + 2 : 0);
  const wanted = Math.max(24, ...shown.map(({ span, text }) => (span ? text.length : 0)));
  const left = width === undefined ? wanted : Math.max(24, Math.min(wanted, width - right - 2));
  return [
    ...headOf(trace, output),
    "",
    ...shown.map(({ text, style, span }) => {
      if (!span) return fit(`  ${style ? paint(style, text) : text}`, width);
      const name = fit(text, left).padEnd(left);
      const times = `${took(span.startAt - trace.startAt).padStart(9)} ${took(span.durationMs).padStart(9)}`;
      const drawn = bar > 0 ? `  ${barOf(span, trace, bar)}` : "";
      const painted = style ? paint(style, name) : name;
      return `${markOf(span, output)} ${painted}  ${paint("dim", times)}${paint(span.status === "error" ? "red" : span.critical ? "yellow" : "cyan", drawn)}`.trimEnd();
    }),
    ...(rows.length > MOST_LINES ? [`  … ${rows.length - MOST_LINES} more lines`] : []),
    ...endOf(trace),
  ];
}

function markOf({ critical, criticalToEnd }: SpanView, { paint }: Output): string {
  return critical ? paint("yellow", "*") : criticalToEnd ? paint("yellow", "·") : " ";
}

function headOf(trace: TraceView, { paint }: Output): string[] {
  const errors = trace.spans.filter(({ status }) => status === "error").length;
  const services = [...new Set(trace.spans.map(({ service }) => service))];
  const counts = [
    `${trace.spans.length} ${trace.spans.length === 1 ? "span" : "spans"}`,
    ...(errors > 0 ? [paint("red", `${errors} ${errors === 1 ? "error" : "errors"}`)] : []),
    ...(trace.logs.length > 0
      ? [`${trace.logs.length} ${trace.logs.length === 1 ? "line" : "lines"} of log`]
      : []),
  ];
  return [
    `${paint("bold", plain(trace.spans[0]?.name ?? ""))}  ${trace.traceId}`,
    `  ${clock(trace.startAt)}, ${endsOf(trace)}; ${counts.join(", ")}; ${services.map(plain).join(", ")}`,
  ];
}

function endsOf({ answerMs, durationMs }: TraceView): string {
  return durationMs - answerMs < 0.01
    ? `took ${took(durationMs)}`
    : `answered after ${took(answerMs)}, ended after ${took(durationMs)}`;
}

function endOf({ related, truncated, spans }: TraceView): string[] {
  return [
    ...(truncated ? ["", `  Only the first ${spans.length} spans are here.`] : []),
    ...(related.length > 0 ? ["", "  linked with"] : []),
    ...related.map(({ traceId, name, service, errors }) =>
      plain(`${shortId(traceId)}  ${name} of ${service}${errors > 0 ? `, ${errors} errors` : ""}`).replace(
        /^/,
        "    ",
      ),
    ),
  ];
}

function addRows(rows: Row[], entry: Entry, first: string, rest: string, startAt: number): void {
  if (entry.kind !== "span") {
    const style = entry.kind === "log" ? levelStyles[entry.log.level] : "dim";
    rows.push({ text: `${first}${textOf(entry, startAt)}`, style, span: undefined });
    return;
  }
  const { span, inside } = entry;
  const style = span.status === "error" ? "red" : undefined;
  rows.push({ text: `${first}${nameOf(span)}`, style, span });
  if (span.status === "error")
    rows.push({
      text: `${rest}${inside.length > 0 ? "│" : " "} ! ${plain(failureOf(span))}`,
      style: "red",
      span: undefined,
    });
  for (const [i, one] of inside.entries()) {
    const last = i === inside.length - 1;
    const mark = one.kind === "span" ? (last ? "└─ " : "├─ ") : last ? "╵  " : "│  ";
    addRows(rows, one, rest + mark, rest + (last ? "   " : "│  "), startAt);
  }
}

const levelStyles: Readonly<Record<string, Style>> = { warn: "yellow", error: "red", fatal: "red" };

function nameOf({ service, name, kind, local }: SpanView): string {
  const side = kind === "client" && local === false ? " →" : kind === "producer" ? " ⇢" : "";
  return plain(`${service}  ${name}${side}`);
}

/** What is known of why it failed. */
function failureOf({ statusMessage, attributes }: SpanView): string {
  const code =
    attributes["kerf.error.code"] ?? attributes["error.type"] ?? attributes["http.response.status_code"];
  return (
    [code, statusMessage].filter((part) => part !== undefined && part !== null && part !== "").join(": ") ||
    "failed"
  );
}

function textOf(entry: Exclude<Entry, { kind: "span" }>, startAt: number): string {
  const at = `+${took(entry.at - startAt)}`;
  if (entry.kind === "log")
    return plain(`${at}  ${entry.log.level}  ${entry.log.message}${fieldsOf(entry.log.attributes)}`);
  const { name, attributes } = entry.event;
  const message = attributes["exception.message"];
  return plain(`${at}  ${name}${typeof message === "string" ? `: ${message}` : fieldsOf(attributes)}`);
}

/** What the span above says already. */
const known = new Set(["unit", "service", "member"]);

function fieldsOf(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => `  ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");
}

function barOf({ startAt, durationMs }: SpanView, trace: TraceView, width: number): string {
  const whole = Math.max(trace.durationMs, 0.001);
  const from = Math.min(width - 1, Math.floor(((startAt - trace.startAt) / whole) * width));
  const length = Math.max(1, Math.min(width - from, Math.round((durationMs / whole) * width)));
  return " ".repeat(from) + (durationMs / whole < 0.5 / width ? "▏" : "█".repeat(length));
}
