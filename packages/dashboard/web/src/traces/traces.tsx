import type { AppView, TraceList, TraceSummary } from "../../../src/api/index.ts";
import { ago, count, duration, moment, plural } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { Choices } from "../parts/choices.tsx";
import { SelectField, TextField } from "../parts/field.tsx";
import { Older } from "../parts/older.tsx";
import { Badge, Empty, ServiceName } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { useServiceNames } from "../service-names.ts";
import { isFiltered, SINCE, tracesPath } from "./query.ts";
import { Scatter } from "./scatter.tsx";

export function TracesPage({ search }: { search: URLSearchParams }) {
  const since = SINCE.find(([ms]) => ms === search.get("since"))?.[0] ?? "";
  // An older page does not change under the reader.
  const list = useLoaded<TraceList>(
    tracesPath(search),
    search.has("before") ? [] : ["traces"],
    Number(since),
  );
  return (
    <View
      title="Traces"
      filters={<Filters search={search} />}
      tools={
        <span class="push">
          <Choices name="since" label="Time" now={since} options={SINCE} />
        </span>
      }
    >
      <div class="view-body bare" aria-busy={list.stale}>
        <Ready of={list}>
          {({ traces, next }) =>
            traces.length === 0 ? (
              <Nothing filtered={isFiltered(search)} />
            ) : (
              <>
                <Scatter traces={traces} />
                <Table traces={traces} compare={search.get("compare")} />
                <Older what="traces" next={next} />
              </>
            )
          }
        </Ready>
      </div>
    </View>
  );
}

function Filters({ search }: { search: URLSearchParams }) {
  const services = useServiceNames();
  const now = (name: string) => search.get(name) ?? "";
  return (
    <>
      <TextField name="text" label="Search name, error, attributes" now={now("text")} kind="wide" search />
      <SelectField
        name="service"
        label="Service"
        now={now("service")}
        all="All services"
        options={services}
      />
      <TextField name="member" label="Member" now={now("member")} />
      <TextField name="attribute" label="Attribute, key=value" now={now("attribute")} />
      <TextField name="min" label="Min ms" now={now("min")} kind="short" />
      <TextField name="max" label="Max ms" now={now("max")} kind="short" />
      <Choices
        name="status"
        label="Status"
        now={now("status")}
        options={[
          ["", "Any"],
          ["error", "Errors"],
          ["ok", "Fine"],
        ]}
      />
      {isFiltered(search) && (
        <a class="button quiet" href="/traces">
          Clear
        </a>
      )}
    </>
  );
}

function Table({ traces, compare }: { traces: readonly TraceSummary[]; compare: string | null }) {
  const longest = Math.max(...traces.map(({ durationMs }) => durationMs));
  return (
    <table class="table traces">
      <thead>
        <tr>
          <th>Trace</th>
          <th class="num extra">Services</th>
          <th class="num extra">Spans</th>
          <th class="num">Duration</th>
          <th class="extra">
            <span class="visually-hidden">Duration as a bar</span>
          </th>
          <th class="num">Started</th>
        </tr>
      </thead>
      <tbody>
        {traces.map((trace) => (
          <Row key={trace.traceId} trace={trace} longest={longest} compare={compare} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly trace: TraceSummary;
  readonly longest: number;
  /** The trace that the chosen one is compared with. */
  readonly compare: string | null;
}

function Row({ trace, longest, compare }: RowProps) {
  const href = compare === null ? `/traces/${trace.traceId}` : `/traces/${compare}?with=${trace.traceId}`;
  return (
    <tr>
      <td class="clip">
        <a class="cover" href={href} data-row="" title={trace.name}>
          <ServiceName name={trace.service} /> <span class="trace-name">{trace.name}</span>
        </a>{" "}
        {trace.errors > 0 && <Badge mood="bad">{plural(trace.errors, "error")}</Badge>}
      </td>
      <td class="num soft extra" title={trace.services.join(", ")}>
        {count(trace.services.length)}
      </td>
      <td class="num soft extra">{count(trace.spans)}</td>
      <td class="num">{duration(trace.durationMs)}</td>
      <td class="length extra">
        <span
          class="length-bar"
          data-error={trace.errors > 0}
          style={{ width: `${(trace.durationMs / longest) * 100}%` }}
        />
      </td>
      <td class="num soft" title={ago(trace.startAt)}>
        {moment(trace.startAt)}
      </td>
    </tr>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered)
    return (
      <Empty title="No trace matches">
        <p>Nothing that is kept has all of this. Take a filter out, or look further back.</p>
        <a class="button" href="/traces">
          Clear the filters
        </a>
      </Empty>
    );
  return <NoneYet />;
}

function NoneYet() {
  const app = useLoaded<AppView>("/api/app").value;
  return (
    <Empty title="No traces yet">
      <p>
        Each request to the gateway becomes one. Send the first: <code>kerf dev</code> prints an example with{" "}
        <code>curl</code>.
      </p>
      {app && (
        <p>
          What else speaks OpenTelemetry may send to <code>{app.otlp.http}</code>
          {app.otlp.grpc && (
            <>
              , or by gRPC to <code>{app.otlp.grpc}</code>
            </>
          )}
          .
        </p>
      )}
    </Empty>
  );
}
