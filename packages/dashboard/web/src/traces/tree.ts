import type { LogLine, SpanView } from "../../../src/api/index.ts";

/** A span in its place of the tree. */
export interface Row {
  readonly span: SpanView;
  readonly depth: number;
  readonly children: number;
  /** Of it and of what is hidden below it. */
  readonly hidden: number;
  readonly logs: readonly LogLine[];
}

/** Spans as rows, depth first and by start, without what is below a folded one. */
export function rowsOf(
  spans: readonly SpanView[],
  logs: readonly LogLine[],
  folded: ReadonlySet<string>,
): readonly Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = new Map<string | null, SpanView[]>();
  for (const span of spans) {
    // Its parent may be elsewhere, or was not sampled.
    const parent = span.parentSpanId !== null && ids.has(span.parentSpanId) ? span.parentSpanId : null;
    const siblings = below.get(parent);
    if (siblings) siblings.push(span);
    else below.set(parent, [span]);
  }
  for (const siblings of below.values()) siblings.sort((a, b) => a.startAt - b.startAt);
  const logsOf = Map.groupBy(logs, ({ spanId }) => spanId);

  const rows: Row[] = [];
  const open: { span: SpanView; depth: number }[] = [];
  const push = (parent: string | null, depth: number) => {
    for (const span of (below.get(parent) ?? []).toReversed()) open.push({ span, depth });
  };
  push(null, 0);
  for (let next = open.pop(); next; next = open.pop()) {
    const { span, depth } = next;
    const children = below.get(span.spanId)?.length ?? 0;
    const isFolded = folded.has(span.spanId) && children > 0;
    rows.push({
      span,
      depth,
      children,
      hidden: isFolded ? sizeBelow(span.spanId, below) : 0,
      logs: logsOf.get(span.spanId) ?? [],
    });
    if (!isFolded) push(span.spanId, depth + 1);
  }
  return rows;
}

function sizeBelow(id: string, below: ReadonlyMap<string | null, readonly SpanView[]>): number {
  const open = [id];
  let size = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const { spanId } of below.get(next) ?? []) {
      size++;
      open.push(spanId);
    }
  return size;
}

/** What a span did itself: its duration without the time that any of its children covers. */
export function selfMs(span: SpanView, spans: readonly SpanView[]): number {
  const end = span.startAt + span.durationMs;
  const covered = spans
    .filter(({ parentSpanId }) => parentSpanId === span.spanId)
    .map(
      ({ startAt, durationMs }) =>
        [Math.max(span.startAt, startAt), Math.min(end, startAt + durationMs)] as const,
    )
    .toSorted(([a], [b]) => a - b);
  let own = span.durationMs;
  let upTo = span.startAt;
  for (const [from, to] of covered) {
    own -= Math.max(0, to - Math.max(from, upTo));
    upTo = Math.max(upTo, to);
  }
  return Math.max(0, own);
}
