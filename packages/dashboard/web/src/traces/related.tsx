import type { TraceSummary } from "../../../src/api/index.ts";
import { duration, moment } from "../format.ts";
import { Badge, ServiceName } from "../parts/text.tsx";

/** Traces that this one caused, or that caused it. */
export function Related({ traces }: { traces: readonly TraceSummary[] }) {
  if (traces.length === 0) return null;
  return (
    <section class="related" aria-label="Related traces">
      <h3>Related traces</h3>
      <ul>
        {traces.map((trace) => (
          <li key={trace.traceId}>
            <a href={`/traces/${trace.traceId}`}>
              <ServiceName name={trace.service} /> {trace.name}
            </a>{" "}
            <span class="faint">
              {duration(trace.durationMs)} · {moment(trace.startAt)}
            </span>{" "}
            {trace.errors > 0 && <Badge mood="bad">error</Badge>}
          </li>
        ))}
      </ul>
    </section>
  );
}
