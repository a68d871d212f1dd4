import { Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LogLevel, LogLine, LogList } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { clock, count, day } from "../format.ts";
import { tailLogs } from "../live.ts";
import { useLoaded } from "../loaded.ts";
import { Choices } from "../parts/choices.tsx";
import { SelectField, TextField } from "../parts/field.tsx";
import { Older } from "../parts/older.tsx";
import { Empty, Pairs, ServiceName } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { useServiceNames } from "../service-names.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];
/** More would slow the page, and nobody reads so far: the search goes on from there. */
const KEPT = 1_000;

export function LogsPage({ search }: { search: URLSearchParams }) {
  const services = useServiceNames();
  const get = (name: string) => search.get(name) ?? "";
  const level = LEVELS.find((one) => one === get("level"));
  const filter = {
    ...(get("service") !== "" && { service: get("service") }),
    ...(get("text") !== "" && { text: get("text") }),
    ...(level && { level }),
  };
  const traceId = get("traceId");
  const list = useLoaded<LogList>(
    apiPath("/logs", { ...filter, traceId, before: get("before"), limit: 300 }),
  );
  const asked = JSON.stringify(filter);
  const tail = useTail(asked, traceId === "" && !search.has("before"));
  return (
    <View
      title="Logs"
      filters={
        <>
          <TextField name="text" label="Search message and attributes" now={get("text")} kind="wide" search />
          <SelectField
            name="service"
            label="Service"
            now={get("service")}
            all="All services"
            options={services}
          />
          <TextField name="traceId" label="Trace id" now={traceId} />
          <Choices
            name="level"
            label="Level"
            now={level ?? ""}
            options={[["", "All"], ...LEVELS.map((one) => [one, `${one} and above`] as const).slice(1)]}
          />
        </>
      }
    >
      <div class="view-body bare">
        <Ready of={list}>
          {({ logs, next }) => {
            const lines = merged(tail.lines, logs);
            if (lines.length === 0) return <Nothing filtered={search.size > 0} />;
            const today = day(Date.now());
            return (
              <>
                {tail.skipped > 0 && (
                  <p class="notice">
                    {count(tail.skipped)} more lines came than are shown live; the search has them.
                  </p>
                )}
                <div class="logs" role="log" aria-label="Log lines, the latest first">
                  {lines.map((line, index) => (
                    <Fragment key={line.id}>
                      {day(line.at) !== (index === 0 ? today : day(lines[index - 1]!.at)) && (
                        <h2 class="log-day soft">{day(line.at)}</h2>
                      )}
                      <Line line={line} />
                    </Fragment>
                  ))}
                </div>
                <Older what="lines" next={next} />
              </>
            );
          }}
        </Ready>
      </div>
    </View>
  );
}

/** What came since these filters are set, the latest first. */
function useTail(filter: string, on: boolean) {
  const [tail, setTail] = useState<{ readonly lines: readonly LogLine[]; readonly skipped: number }>(NO_TAIL);
  useEffect(() => {
    setTail(NO_TAIL);
    if (!on) return;
    return tailLogs(JSON.parse(filter), (logs, skipped) =>
      setTail((now) => ({
        lines: [...logs.toReversed(), ...now.lines].slice(0, KEPT),
        skipped: now.skipped + skipped,
      })),
    );
  }, [filter, on]);
  return tail;
}
const NO_TAIL = { lines: [], skipped: 0 } as const;

function merged(tail: readonly LogLine[], logs: readonly LogLine[]): readonly LogLine[] {
  if (tail.length === 0) return logs;
  const seen = new Set(tail.map(({ id }) => id));
  return [...tail, ...logs.filter(({ id }) => !seen.has(id))].slice(0, KEPT);
}

function Line({ line }: { line: LogLine }) {
  return (
    <div class="log" data-level={line.level}>
      <details>
        <summary data-row="">
          <time dateTime={new Date(line.at).toISOString()}>{clock(line.at)}</time>
          <span class="log-level">{line.level}</span>
          <span class="log-service">{line.service !== null && <ServiceName name={line.service} />}</span>
          <span class="log-message">{line.message}</span>
        </summary>
        <div class="log-more">
          <Pairs
            of={{
              ...(line.member !== null && { member: line.member }),
              ...(line.unit !== null && { unit: line.unit }),
              ...line.attributes,
            }}
          />
        </div>
      </details>
      {line.traceId !== null && (
        <a
          class="log-trace"
          href={`/traces/${line.traceId}${line.spanId === null ? "" : `?span=${line.spanId}`}`}
        >
          trace
        </a>
      )}
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered)
    return (
      <Empty title="No line matches">
        <p>New ones that match will appear here.</p>
        <a class="button" href="/logs">
          Clear the filters
        </a>
      </Empty>
    );
  return (
    <Empty title="No log lines yet">
      <p>
        What services write with <code>log</code> appears here as it happens.
      </p>
    </Empty>
  );
}
