import type { SpanView } from "../api/index.ts";

/**
 * Marks the critical path of a trace: from the end of its longest root backwards, always the child that ended last before
 * that moment, since everything after waited for it.
 */
export function markCritical(spans: readonly SpanView[]): SpanView[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) => parentSpanId ?? "");
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === null || !known.has(parentSpanId));
  const critical = new Set<SpanView>();
  const [root] = roots.toSorted((a, b) => b.durationMs - a.durationMs);
  const waiting = root ? [{ span: root, until: endOf(root) }] : [];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { span, until } = next;
    if (critical.has(span)) continue;
    critical.add(span);
    let at = Math.min(until, endOf(span));
    const inside = (children.get(span.spanId) ?? []).toSorted((a, b) => endOf(b) - endOf(a));
    for (const child of inside) {
      // What goes on after its parent, nobody waited for.
      if (endOf(child) > at + 0.001 || child.startAt < span.startAt - 0.001) continue;
      waiting.push({ span: child, until: at });
      at = child.startAt;
    }
  }
  return spans.map((span) => (critical.has(span) ? { ...span, critical: true } : span));
}

function endOf({ startAt, durationMs }: SpanView): number {
  return startAt + durationMs;
}
