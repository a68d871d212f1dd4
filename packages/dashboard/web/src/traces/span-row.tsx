import { duration } from "../format.ts";
import { toneOf } from "../palette.ts";
import type { Row } from "./tree.ts";

interface RowProps {
  readonly row: Row;
  readonly top: number;
  readonly scale: (at: number) => number;
  readonly marks: readonly number[];
  readonly chosen: boolean;
  /** On the critical path that is shown. */
  readonly critical: boolean;
  /** Where the answer was given, of what is shown. */
  readonly answered: number | null;
  readonly onChoose: (spanId: string) => void;
  readonly onFold: (spanId: string) => void;
}

/** One line of a waterfall: what it is, how long it took, and when. */
export function SpanRow(props: RowProps) {
  const { row, top, scale, marks, chosen, critical, answered, onChoose, onFold } = props;
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
        {answered !== null && <i class="answer-line" style={{ left: `${answered}%` }} />}
        <Bar row={row} scale={scale} critical={critical} />
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

function Bar({ row: { span }, scale, critical }: Pick<RowProps, "row" | "scale" | "critical">) {
  const left = scale(span.startAt);
  const right = scale(span.startAt + span.durationMs);
  return (
    <span
      class="bar"
      data-local={span.local === true}
      data-error={span.status === "error"}
      data-critical={critical}
      style={{ left: `${left}%`, width: `${Math.max(right - left, 0)}%` }}
    />
  );
}
