import type { LogLine, SpanView, TraceView } from "@kerf/dashboard/api";

/** What stands below a span, or at the top, by when it was. */
export type Entry =
  | { readonly kind: "span"; readonly at: number; readonly span: SpanView; readonly inside: readonly Entry[] }
  | { readonly kind: "log"; readonly at: number; readonly log: LogLine }
  | { readonly kind: "event"; readonly at: number; readonly event: SpanView["events"][number] };

/** A trace as a tree: each span with its spans, its events and its lines of the log, in the order of time. */
export function treeOf({ spans, logs }: TraceView): readonly Entry[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) =>
    parentSpanId !== null && known.has(parentSpanId) ? parentSpanId : "",
  );
  const lines = Map.groupBy(logs, ({ spanId }) => (spanId !== null && known.has(spanId) ? spanId : ""));
  const placed = new Set<string>();

  function below(spanId: string, events: SpanView["events"]): Entry[] {
    return [
      ...(children.get(spanId) ?? []).flatMap(entryOf),
      ...(lines.get(spanId) ?? []).map((log): Entry => ({ kind: "log", at: log.at, log })),
      ...events.map((event): Entry => ({ kind: "event", at: event.at, event })),
    ].toSorted((a, b) => a.at - b.at);
  }
  // A stranger may send spans that are each other's parents.
  function entryOf(span: SpanView): Entry[] {
    if (placed.has(span.spanId)) return [];
    placed.add(span.spanId);
    return [{ kind: "span", at: span.startAt, span, inside: below(span.spanId, span.events) }];
  }

  const top = below("", []);
  const lost = spans.filter(({ spanId }) => !placed.has(spanId)).flatMap(entryOf);
  return [...top, ...lost];
}
