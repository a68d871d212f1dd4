import { useMemo, useState } from "preact/hooks";
import type { TraceView } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { count, duration, moment, plural } from "../format.ts";
import { useEscape } from "../keys.ts";
import { useLoaded } from "../loaded.ts";
import { Choices } from "../parts/choices.tsx";
import { Empty, Facts } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { setQuery, withQuery } from "../route.ts";
import { Compare } from "./compare.tsx";
import { Related } from "./related.tsx";
import { SpanDetail } from "./span-detail.tsx";
import { rowsOf } from "./tree.ts";
import { Waterfall, type Path, type Shown } from "./waterfall.tsx";

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
      {trace.error?.status === 404 && trace.value === undefined ? (
        <Empty title="This trace is not here yet">
          <p>
            Units send what they did about every second, and the page then shows it by itself. What is older
            than what is kept does not come.
          </p>
        </Empty>
      ) : (
        <Ready of={trace}>
          {(value) =>
            other === null ? (
              <Trace
                trace={value}
                chosen={search.get("span")}
                zoom={search.get("zoom")}
                path={search.get("path") === "end" ? "end" : "answer"}
              />
            ) : (
              <Compare key={other} trace={value} otherId={other} />
            )
          }
        </Ready>
      )}
    </View>
  );
}

interface TraceProps {
  readonly trace: TraceView;
  readonly chosen: string | null;
  /** The span whose time is shown; null for the usual. */
  readonly zoom: string | null;
  readonly path: Path;
}

function Trace({ trace, chosen, zoom, path }: TraceProps) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(trace.spans, trace.logs, folded), [trace, folded]);
  const span = trace.spans.find(({ spanId }) => spanId === chosen);
  // The way to the end leads through all of it.
  const shown = shownOf(trace, zoom ?? (path === "end" ? WHOLE : null));
  const goesOn = trace.spans.some((one) => one.criticalToEnd !== one.critical);
  const close = () => setQuery({ span: null });

  useEscape(close);

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
        <Summary trace={trace} zoomed={shown !== trace} path={goesOn ? path : null} />
        <Waterfall
          path={path}
          answeredAt={goesOn ? trace.startAt + trace.answerMs : null}
          rows={rows}
          traceAt={trace.startAt}
          shown={shown}
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

/** Below this share of its trace a request could not be seen for what came after it, such as retries of its events. */
const READABLE_SHARE = 0.05;
/** Of what is shown, beside the span that it is about. */
const MARGIN = 0.03;
const WHOLE = "all";

function shownOf(trace: TraceView, zoom: string | null): Shown {
  if (zoom === WHOLE) return trace;
  const root = trace.spans[0];
  const isBrief = root !== undefined && root.durationMs < trace.durationMs * READABLE_SHARE;
  const span = trace.spans.find(({ spanId }) => spanId === zoom) ?? (isBrief ? root : undefined);
  if (!span || span.durationMs === 0) return trace;
  const margin = span.durationMs * MARGIN;
  return {
    startAt: Math.max(trace.startAt, span.startAt - margin),
    durationMs: span.durationMs + 2 * margin,
  };
}

interface SummaryProps {
  readonly trace: TraceView;
  readonly zoomed: boolean;
  /** null where there is but one. */
  readonly path: Path | null;
}

function Summary({ trace, zoomed, path }: SummaryProps) {
  const errors = trace.spans.filter(({ status }) => status === "error").length;
  const services = new Set(trace.spans.map(({ service }) => service));
  return (
    <div class="trace-summary">
      <Facts
        of={[
          ...(path === null
            ? [["Duration", duration(trace.durationMs)] as const]
            : [
                ["Answered after", duration(trace.answerMs)] as const,
                ["Ended after", duration(trace.durationMs)] as const,
              ]),
          ["Started", moment(trace.startAt)],
          ["Spans", trace.truncated ? `first ${count(trace.spans.length)}` : count(trace.spans.length)],
          ["Services", count(services.size)],
          ["Errors", <span class={errors > 0 ? "bad" : ""}>{count(errors)}</span>],
          ["Logs", plural(trace.logs.length, "line")],
        ]}
      />
      <span class="marks">
        {zoomed && (
          <a class="button" href={withQuery({ zoom: WHOLE })}>
            Show all {duration(trace.durationMs)}
          </a>
        )}
        {path !== null && (
          <Choices
            name="path"
            label="Critical path"
            now={path}
            options={[
              ["answer", "Path to the answer"],
              ["end", "To the end"],
            ]}
          />
        )}
        <Legend />
      </span>
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
