import { useRef, useState } from "preact/hooks";
import { clock } from "../format.ts";
import { ticks } from "../traces/axis.ts";

export interface Line {
  readonly name: string;
  readonly colour: string;
  /** Null where nothing was measured: the line breaks there. */
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** Of each value of the lines, ms since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
}

const WIDTH = 600;
const HEIGHT = 130;

/** Lines over time; what is pointed at is told in numbers below. */
export function Chart({ title, times, lines, show }: Props) {
  const area = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const most = Math.max(...lines.flatMap(({ values }) => values.map((value) => value ?? 0)), 0);
  const marks = ticks(0, most || 1, 3);
  const top = Math.max(most, marks.at(-1) ?? 1) * 1.05 || 1;
  const x = (index: number) => (times.length < 2 ? WIDTH / 2 : (index / (times.length - 1)) * WIDTH);
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;

  const point = (event: PointerEvent) => {
    const { left, width } = area.current!.getBoundingClientRect();
    const index = Math.round(((event.clientX - left) / width) * (times.length - 1));
    setAt(Math.max(0, Math.min(times.length - 1, index)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || times.length === 0) return;
    event.preventDefault();
    setAt((now) => Math.max(0, Math.min(times.length - 1, (now ?? times.length) + by)));
  };
  const shown = at ?? lastMeasured(lines);
  return (
    <figure class="chart" aria-label={title}>
      <div class="chart-body">
        <div class="chart-scale" aria-hidden="true">
          {marks.map((mark) => (
            <span key={mark} style={{ bottom: `${(mark / top) * 100}%` }}>
              {show(mark)}
            </span>
          ))}
        </div>
        <div
          class="chart-area"
          ref={area}
          tabIndex={0}
          role="group"
          aria-label={`${title}: the arrows go through time`}
          onPointerMove={point}
          onPointerLeave={() => setAt(null)}
          onKeyDown={onKeyDown}
          onBlur={() => setAt(null)}
        >
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
            {marks.map((mark) => (
              <line key={mark} class="chart-grid" x1="0" x2={WIDTH} y1={y(mark)} y2={y(mark)} />
            ))}
            {lines.map((line) => (
              <path key={line.name} d={pathOf(line.values, x, y)} style={{ stroke: line.colour }} />
            ))}
            {at !== null && <line class="chart-at" x1={x(at)} x2={x(at)} y1="0" y2={HEIGHT} />}
          </svg>
        </div>
      </div>
      <div class="chart-times faint">
        <span>{times.length > 0 && clock(times[0]!, { ms: false })}</span>
        {at === null ? (
          <span>{times.length > 2 && clock((times[0]! + times.at(-1)!) / 2, { ms: false })}</span>
        ) : (
          <strong>{times[at] !== undefined && clock(times[at], { ms: false })}</strong>
        )}
        <span>{times.length > 0 && clock(times.at(-1)!, { ms: false })}</span>
      </div>
      <ul class="chart-lines">
        {lines.map((line) => {
          const value = shown === null ? null : line.values[shown];
          return (
            <li key={line.name}>
              <i style={{ background: line.colour }} />
              <span class="chart-name" title={line.name}>
                {line.name}
              </span>
              <span class="num">{value === null || value === undefined ? "–" : show(value)}</span>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

function lastMeasured(lines: readonly Line[]): number | null {
  const last = Math.max(...lines.map(({ values }) => values.findLastIndex((value) => value !== null)), -1);
  return last === -1 ? null : last;
}

/** Senders tell now and then: a line breaks only where it was silent for much longer than it usually is. */
function pathOf(values: Line["values"], x: (index: number) => number, y: (value: number) => number): string {
  const measured = values.flatMap((value, index) => (value === null ? [] : [{ index, value }]));
  const gaps = measured.slice(1).map(({ index }, at) => index - measured[at]!.index);
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 1;
  return measured
    .map(({ index, value }, at) => {
      const joined = at > 0 && gaps[at - 1]! <= usual * 3;
      const isAlone = !joined && (gaps[at] ?? Infinity) > usual * 3;
      // Alone, it is a short stroke, or it could not be seen.
      return `${joined ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}${isAlone ? "h2" : ""}`;
    })
    .join("");
}
