import type { TraceSummary } from "../../../src/api/index.ts";
import { clock, duration } from "../format.ts";

const HEIGHT = 92;
const WIDTH = 1000;

/** Each trace as a dot, by when it was and how long it took: what is unusual stands apart. */
export function Scatter({ traces }: { traces: readonly TraceSummary[] }) {
  if (traces.length < 3) return null;
  const starts = traces.map(({ startAt }) => startAt);
  const from = Math.min(...starts);
  const to = Math.max(...starts, from + 1);
  const longest = Math.max(...traces.map(({ durationMs }) => durationMs), 1);
  const shortest = Math.min(...traces.map(({ durationMs }) => durationMs));
  const spread = Math.log1p(longest) - Math.log1p(shortest) || 1;
  return (
    <figure class="scatter">
      <div class="scatter-area" style={{ height: `${HEIGHT}px` }}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {[0.25, 0.5, 0.75].map((at) => (
            <line key={at} x1="0" x2={WIDTH} y1={HEIGHT * at} y2={HEIGHT * at} />
          ))}
        </svg>
        {traces.map((trace) => (
          <a
            key={trace.traceId}
            href={`/traces/${trace.traceId}`}
            tabIndex={-1}
            class="scatter-dot"
            data-error={trace.errors > 0}
            aria-label={`${trace.name}, ${duration(trace.durationMs)}`}
            title={`${trace.name}\n${duration(trace.durationMs)} at ${clock(trace.startAt)}`}
            style={{
              left: `${((trace.startAt - from) / (to - from)) * 100}%`,
              bottom: `${((Math.log1p(trace.durationMs) - Math.log1p(shortest)) / spread) * 84 + 6}%`,
            }}
          />
        ))}
      </div>
      <figcaption>
        <span>{clock(from, { ms: false })}</span>
        <span>
          {duration(shortest)} to {duration(longest)}, logarithmic
        </span>
        <span>{clock(to, { ms: false })}</span>
      </figcaption>
    </figure>
  );
}
