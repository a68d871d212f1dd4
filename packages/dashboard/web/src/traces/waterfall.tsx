import { useEffect, useRef, useState } from "preact/hooks";
import { duration } from "../format.ts";
import { toneOf } from "../palette.ts";
import { ticks } from "./axis.ts";
import type { Row } from "./tree.ts";

/** A part of a trace's time. */
export interface Shown {
  readonly startAt: number;
  readonly durationMs: number;
}

interface Props {
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
  const marks = ticks(durationMs);

  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex(({ span }) => span.spanId === chosen);
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
      if (!next) return;
      onChoose(next.span.spanId);
      reveal(area.current!, rows.indexOf(next));
    } else if (chosen !== null && (event.key === "ArrowLeft" || event.key === "ArrowRight"))
      onFold(chosen, event.key === "ArrowLeft");
    else return;
    event.preventDefault();
  };

  return (
    <div class="waterfall" ref={area}>
      <div class="axis">
        <span />
        <span />
        <div class="axis-area">
          {marks.map((mark) => (
            <span key={mark} style={{ left: `${(mark / durationMs) * 100}%` }}>
              {/* The last would be cut off. */}
              {mark / durationMs < 0.93 && duration(mark + startAt - traceAt)}
            </span>
          ))}
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
            marks={marks.map((mark) => (mark / durationMs) * 100)}
            chosen={row.span.spanId === chosen}
            onChoose={onChoose}
            onFold={onFold}
          />
        ))}
      </div>
    </div>
  );
}

function reveal(area: HTMLElement, index: number): void {
  const top = index * ROW_PX;
  if (top < area.scrollTop) area.scrollTop = top;
  else if (top > area.scrollTop + area.clientHeight - 2 * ROW_PX)
    area.scrollTop = top - area.clientHeight + 3 * ROW_PX;
}

interface RowProps {
  readonly row: Row;
  readonly top: number;
  readonly scale: (at: number) => number;
  readonly marks: readonly number[];
  readonly chosen: boolean;
  readonly onChoose: (spanId: string) => void;
  readonly onFold: (spanId: string) => void;
}

function SpanRow({ row, top, scale, marks, chosen, onChoose, onFold }: RowProps) {
  const { span, depth, children, hidden, logs } = row;
  const failed = span.status === "error";
  const text = span.attributes["db.query.text"];
  // Its statement tells more than its name, which is the same for many.
  const query = typeof text === "string" ? text.replaceAll(/\s+/g, " ").trim() : undefined;
  return (
    <div
      id={`span-${span.spanId}`}
      class="span-row"
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={chosen}
      aria-expanded={children > 0 ? hidden === 0 : undefined}
      style={{ top: `${top}px`, "--tone": toneOf(span.service) }}
      onClick={() => onChoose(span.spanId)}
    >
      <div class="span-name" style={{ paddingLeft: `${Math.min(depth, 24) * 14 + 8}px` }}>
        {children > 0 ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-label={hidden > 0 ? "Unfold" : "Fold"}
            data-folded={hidden > 0}
            onClick={(event) => {
              event.stopPropagation();
              onFold(span.spanId);
            }}
          />
        ) : (
          <span class="fold-space" />
        )}
        <span class="dot" />
        <span class="span-service">{span.service}</span>
        <span
          class={failed ? "span-title bad" : "span-title"}
          data-query={query !== undefined}
          title={query ?? span.name}
        >
          {query ?? span.name}
        </span>
        {hidden > 0 && <span class="badge">+{hidden}</span>}
      </div>
      <div class={failed ? "span-ms bad" : "span-ms"}>{duration(span.durationMs)}</div>
      <div class="span-area">
        {marks.map((mark) => (
          <i key={mark} class="gridline" style={{ left: `${mark}%` }} />
        ))}
        <Bar row={row} scale={scale} />
        {logs.map((log) => (
          <i
            key={log.id}
            class="log-mark"
            data-level={log.level}
            title={`${log.level}: ${log.message}`}
            style={{ left: `${scale(log.at)}%` }}
          />
        ))}
        {span.events.map((event, index) => (
          <i
            key={index}
            class="event-mark"
            data-error={event.name === "exception"}
            title={event.name}
            style={{ left: `${scale(event.at)}%` }}
          />
        ))}
      </div>
    </div>
  );
}

function Bar({ row: { span }, scale }: { row: Row; scale: (at: number) => number }) {
  const left = scale(span.startAt);
  const right = scale(span.startAt + span.durationMs);
  return (
    <span
      class="bar"
      data-local={span.local === true}
      data-error={span.status === "error"}
      data-critical={span.critical}
      style={{ left: `${left}%`, width: `${Math.max(right - left, 0)}%` }}
    />
  );
}
