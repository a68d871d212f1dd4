import { useEffect, useRef, useState } from "preact/hooks";
import { duration } from "../format.ts";
import { ticks } from "./axis.ts";
import { SpanRow } from "./span-row.tsx";
import type { Row } from "./tree.ts";

/** A part of a trace's time. */
export interface Shown {
  readonly startAt: number;
  readonly durationMs: number;
}

/** Whether the critical path is that to the answer, or to the end of what the request began. */
export type Path = "answer" | "end";

interface Props {
  readonly path: Path;
  /** When the answer was given; null where nothing came after it. */
  readonly answeredAt: number | null;
  readonly rows: readonly Row[];
  /** When the trace began. */
  readonly traceAt: number;
  /** The time that is shown. */
  readonly shown: Shown;
  readonly chosen: string | null;
  readonly onChoose: (spanId: string) => void;
  readonly onFold: (spanId: string, fold?: boolean) => void;
}

const ROW_PX = 28;
/** Rows above and below what can be seen, so that scrolling shows no gap. */
const SPARE = 12;

/** Only the rows that can be seen are in the document: a trace may hold thousands. */
export function Waterfall({
  path,
  answeredAt,
  rows,
  traceAt,
  shown: { startAt, durationMs },
  chosen,
  onChoose,
  onFold,
}: Props) {
  const area = useRef<HTMLDivElement>(null);
  const [{ top, height }, setSeen] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = area.current!;
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  const scale = (at: number) => (durationMs > 0 ? ((at - startAt) / durationMs) * 100 : 0);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_PX) + SPARE);
  const offset = startAt - traceAt;
  const marks = ticks(offset, offset + durationMs);
  const left = (mark: number) => ((mark - offset) / durationMs) * 100;
  const answered = answeredAt === null ? null : scale(answeredAt);

  const at = rows.findIndex(({ span }) => span.spanId === chosen);
  // Whoever comes by a link to a span sees it; otherwise the reader scrolls, and not the page.
  useEffect(() => {
    if (at !== -1) reveal(area.current!, at);
  }, [chosen, at === -1]);

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / ROW_PX) - 2);
    const move = keyed(event.key, rows, at, page);
    if (move === null) return;
    event.preventDefault();
    if (move === "fold" || move === "unfold") return onFold(rows[at]!.span.spanId, move === "fold");
    const next = Math.max(0, Math.min(rows.length - 1, move));
    if (!rows[next]) return;
    onChoose(rows[next].span.spanId);
    reveal(area.current!, next);
  };

  return (
    <div class="waterfall" ref={area}>
      <div class="axis">
        <span />
        <span />
        <div class="axis-area">
          {marks.map((mark) => (
            <span key={mark} style={{ left: `${left(mark)}%` }}>
              {/* The last would be cut off. */}
              {left(mark) < 93 && !isCovered(left(mark), answered) && duration(mark)}
            </span>
          ))}
          {answered !== null && answered > 0 && answered < 93 && (
            <b class="answer-flag" style={{ left: `${answered}%` }}>
              answered
            </b>
          )}
        </div>
      </div>
      <div
        class="rows"
        role="tree"
        tabIndex={0}
        aria-label="Spans"
        aria-activedescendant={chosen === null ? undefined : `span-${chosen}`}
        onKeyDown={onKeyDown}
        style={{ height: `${rows.length * ROW_PX}px` }}
      >
        {rows.slice(first, last).map((row, index) => (
          <SpanRow
            key={row.span.spanId}
            row={row}
            top={(first + index) * ROW_PX}
            scale={scale}
            marks={marks.map(left)}
            chosen={row.span.spanId === chosen}
            critical={path === "end" ? row.span.criticalToEnd : row.span.critical}
            answered={answered}
            onChoose={onChoose}
            onFold={onFold}
          />
        ))}
      </div>
    </div>
  );
}

/** The row that a key goes to, or what it does to the chosen one, as in any tree of WAI-ARIA. */
function keyed(
  key: string,
  rows: readonly Row[],
  at: number,
  page: number,
): number | "fold" | "unfold" | null {
  const row = rows[at];
  switch (key) {
    case "ArrowDown":
      return at + 1;
    case "ArrowUp":
      return at - 1;
    case "PageDown":
      return at + page;
    case "PageUp":
      return at - page;
    case "Home":
      return 0;
    case "End":
      return rows.length - 1;
    case "ArrowLeft":
      if (!row) return null;
      if (row.children > 0 && row.hidden === 0) return "fold";
      return parentOf(rows, at);
    case "ArrowRight":
      if (!row || row.children === 0) return null;
      return row.hidden > 0 ? "unfold" : at + 1;
    default:
      return null;
  }
}

function parentOf(rows: readonly Row[], at: number): number | null {
  const parent = rows.findLastIndex(({ depth }, index) => index < at && depth < rows[at]!.depth);
  return parent === -1 ? null : parent;
}

/** Whether the flag of the answer stands where a time would. */
function isCovered(left: number, flag: number | null): boolean {
  return flag !== null && left > flag - 7 && left < flag + 12;
}

function reveal(area: HTMLElement, index: number): void {
  const top = index * ROW_PX;
  if (top < area.scrollTop) area.scrollTop = top;
  else if (top > area.scrollTop + area.clientHeight - 2 * ROW_PX)
    area.scrollTop = top - area.clientHeight + 3 * ROW_PX;
}
