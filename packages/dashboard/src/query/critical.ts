import type { SpanView } from "../api/index.ts";

/** Clocks of processes agree to about this, in ms. */
const SLACK_MS = 0.001;

/** A span and what it began: what goes on after it was told of by a message, or is a saga, and nobody waited for it. */
interface Node {
  readonly span: SpanView;
  readonly children: Node[];
  /** When it ended. */
  readonly end: number;
  /** When it, and everything that it began, had ended. */
  last: number;
}

export interface MarkedSpans {
  readonly spans: SpanView[];
  /** When what began the trace had its answer. */
  readonly answeredAt: number;
}

/**
 * Marks two critical paths of a trace: that to the answer, from the end of what began it backwards, and that to the end,
 * from the last end of all. Each goes by way of the child that ended last before the moment that it has come to, since
 * everything after waited for that one.
 */
export function markCritical(spans: readonly SpanView[]): MarkedSpans {
  const roots = treesOf(spans);
  const [first] = roots.toSorted(byBeginning);
  if (!first) return { spans: [...spans], answeredAt: Math.max(0, ...spans.map(endOf)) };
  const critical = pathOf([first], ({ end }) => end);
  const toEnd = pathOf(roots, ({ last }) => last);
  return {
    spans: spans.map((span) => ({
      ...span,
      critical: critical.has(span),
      criticalToEnd: toEnd.has(span),
    })),
    answeredAt: first.end,
  };
}

function pathOf(roots: readonly Node[], endsAt: (node: Node) => number): Set<SpanView> {
  const path = new Set<SpanView>();
  const waiting: { nodes: readonly Node[]; from: number; until: number }[] = [
    { nodes: roots, from: -Infinity, until: Infinity },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    let at = next.until;
    for (const node of next.nodes.toSorted((a, b) => endsAt(b) - endsAt(a))) {
      if (endsAt(node) > at + SLACK_MS || node.span.startAt < next.from - SLACK_MS) continue;
      path.add(node.span);
      waiting.push({
        nodes: node.children,
        from: node.span.startAt,
        until: Math.min(at, endsAt(node)),
      });
      at = node.span.startAt;
    }
  }
  return path;
}

function treesOf(spans: readonly SpanView[]): Node[] {
  const nodes = new Map(
    spans.map((span) => [span.spanId, { span, children: [] as Node[], end: endOf(span), last: endOf(span) }]),
  );
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const { parentSpanId } = node.span;
    (nodes.get(parentSpanId ?? "")?.children ?? roots).push(node);
  }
  // Parents stand before their children here; those that are each other's parents stand nowhere.
  const order = [...roots];
  for (const node of order) order.push(...node.children);
  for (const { span, last } of order.toReversed()) {
    const parent = nodes.get(span.parentSpanId ?? "");
    if (parent) parent.last = Math.max(parent.last, last);
  }
  return roots;
}

/** What began a trace has no parent, and where several have none here, it is the earliest. */
function byBeginning({ span: a }: Node, { span: b }: Node): number {
  const known = Number(a.parentSpanId !== null) - Number(b.parentSpanId !== null);
  return known || a.startAt - b.startAt || b.durationMs - a.durationMs;
}

function endOf({ startAt, durationMs }: SpanView): number {
  return startAt + durationMs;
}
