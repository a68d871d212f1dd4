import { useEffect, useMemo, useState } from "preact/hooks";
import type { TraceView } from "../../../src/api.ts";
import { apiPath } from "../ask.ts";
import { count, duration, moment, plural } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { Facts } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { setQuery } from "../route.ts";
import { Compare } from "./compare.tsx";
import { Related } from "./related.tsx";
import { SpanDetail } from "./span-detail.tsx";
import { rowsOf } from "./tree.ts";
import { Waterfall } from "./waterfall.tsx";

interface Props {
  readonly traceId: string;
  readonly search: URLSearchParams;
}

export function TracePage({ traceId, search }: Props) {
  const trace = useLoaded<TraceView>(apiPath(`/traces/${encodeURIComponent(traceId)}`), ["traces", "logs"]);
  const other = search.get("with");
  const name = trace.value?.spans[0]?.name ?? "Trace";
  return (
    <View
      title={name}
      parent={{ name: "Traces", href: "/traces" }}
      tools={
        <>
          <span class="mono faint trace-id">{traceId}</span>
          {other === null ? (
            <a class="button push" href={`/traces?compare=${traceId}`}>
              Compare with…
            </a>
          ) : (
            <a class="button push" href={`/traces/${traceId}`}>
              End comparison
            </a>
          )}
        </>
      }
    >
      <Ready of={trace}>
        {(value) =>
          other === null ? (
            <Trace trace={value} chosen={search.get("span")} />
          ) : (
            <Compare key={other} trace={value} otherId={other} />
          )
        }
      </Ready>
    </View>
  );
}

function Trace({ trace, chosen }: { trace: TraceView; chosen: string | null }) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(trace.spans, trace.logs, folded), [trace, folded]);
  const span = trace.spans.find(({ spanId }) => spanId === chosen);
  const close = () => setQuery({ span: null });

  useEffect(() => {
    if (!span) return;
    const escape = (event: KeyboardEvent) => event.key === "Escape" && close();
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [span === undefined]);

  const fold = (spanId: string, wanted?: boolean) =>
    setFolded((now) => {
      const next = new Set(now);
      if (wanted ?? !now.has(spanId)) next.add(spanId);
      else next.delete(spanId);
      return next;
    });

  return (
    <div class={span ? "split" : "split whole"}>
      <div class="trace">
        <Summary trace={trace} />
        <Waterfall
          rows={rows}
          startAt={trace.startAt}
          durationMs={trace.durationMs}
          chosen={chosen}
          onChoose={(spanId) => setQuery({ span: spanId })}
          onFold={fold}
        />
        <Related traces={trace.related} />
      </div>
      {span && <SpanDetail span={span} trace={trace} onClose={close} />}
    </div>
  );
}

function Summary({ trace }: { trace: TraceView }) {
  const errors = trace.spans.filter(({ status }) => status === "error").length;
  const services = new Set(trace.spans.map(({ service }) => service));
  return (
    <div class="trace-summary">
      <Facts
        of={[
          ["Duration", duration(trace.durationMs)],
          ["Started", moment(trace.startAt)],
          ["Spans", trace.truncated ? `first ${count(trace.spans.length)}` : count(trace.spans.length)],
          ["Services", count(services.size)],
          ["Errors", <span class={errors > 0 ? "bad" : ""}>{count(errors)}</span>],
          ["Logs", plural(trace.logs.length, "line")],
        ]}
      />
      <Legend />
    </div>
  );
}

function Legend() {
  return (
    <p class="legend" aria-label="Legend">
      <span>
        <i class="bar" data-local="false" /> remote
      </span>
      <span>
        <i class="bar" data-local="true" /> local
      </span>
      <span>
        <i class="bar" data-critical="true" /> critical path
      </span>
      <span>
        <i class="log-mark" /> log
      </span>
      <span>
        <i class="event-mark" /> event
      </span>
    </p>
  );
}
