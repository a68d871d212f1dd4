import { Fragment } from "preact";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { MetricFacts, MetricList, SeriesList } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { inUnit, rate } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { WindowChoice, windowOf } from "../parts/choices.tsx";
import { SelectField } from "../parts/field.tsx";
import { Badge, Empty } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { withQuery } from "../route.ts";
import { useServiceNames } from "../service-names.ts";
import { Chart } from "./chart.tsx";
import { rasterOf } from "./series.ts";

export function MetricsPage({ search }: { search: URLSearchParams }) {
  const window = windowOf(search);
  const list = useLoaded<MetricList>("/api/metrics", ["metrics"]);
  const metrics = list.value?.metrics ?? [];
  const wanted = search.get("name") ?? "kerf.edge.duration";
  const metric = metrics.find(({ name }) => name === wanted) ?? metrics[0];
  return (
    <View
      title="Metrics"
      tools={
        <span class="push">
          <WindowChoice now={window} />
        </span>
      }
    >
      <Ready of={list}>
        {() =>
          metric === undefined ? (
            <Empty title="No metrics yet">
              <p>They come every few seconds as soon as a unit runs.</p>
            </Empty>
          ) : (
            <div class="with-list">
              <nav class="list" aria-label="Metrics">
                {metrics.map((one) => (
                  <a
                    key={one.name}
                    data-row=""
                    href={withQuery({ name: one.name, by: null })}
                    aria-current={one === metric ? "true" : undefined}
                  >
                    <Breakable name={one.name} />
                  </a>
                ))}
              </nav>
              <Metric key={metric.name} metric={metric} search={search} windowMs={Number(window)} />
            </div>
          )
        }
      </Ready>
    </View>
  );
}

interface Props {
  readonly metric: MetricFacts;
  readonly search: URLSearchParams;
  readonly windowMs: number;
}

function Metric({ metric, search, windowMs }: Props) {
  const services = useServiceNames();
  const service = search.get("service") ?? "";
  const by = search.get("by") ?? "service";
  const stepMs = Math.max(10_000, windowMs / 120);
  const series = useLoaded<SeriesList>(
    apiPath("/metrics/series", { name: metric.name, service, by: by === "none" ? undefined : by, stepMs }),
    ["metrics"],
    windowMs,
  );
  return (
    <div class="view-body">
      <div class="stack">
        <div class="marks">
          <h2>{metric.name}</h2>
          <Badge>{metric.kind}</Badge>
          {metric.unit !== "" && <Badge>{metric.unit}</Badge>}
        </div>
        {metric.description && <p class="soft">{metric.description}</p>}
        <div class="marks">
          <SelectField name="service" label="Service" now={service} all="All services" options={services} />
          <SelectField
            name="by"
            label="Apart by"
            now={search.get("by") ?? ""}
            all="By service"
            options={["none", "unit", "instance", ...metric.attributes]}
          />
        </div>
        <Ready of={series}>{(list) => <Charts metric={metric} list={list} />}</Ready>
      </div>
    </div>
  );
}

function Charts({ metric, list }: { metric: MetricFacts; list: SeriesList }) {
  const { times, rate: rates, percentiles } = useMemo(() => rasterOf(list), [list]);
  const show = (value: number) => inUnit(value, list.unit);
  if (times.length === 0)
    return (
      <Empty title="Nothing in this time">
        <p>Look further back, or at all services.</p>
      </Empty>
    );
  const perSecond = metric.kind === "gauge" ? show : (value: number) => rateIn(value, metric);
  const one = list.series.length === 1 && percentiles.length > 0;
  return (
    <div class="charts">
      {one ? (
        <Panel title="Percentiles">
          <Chart
            title="Percentiles"
            times={times}
            lines={percentiles.map(({ name, lines }) => ({ ...lines[0]!, name }))}
            show={show}
          />
        </Panel>
      ) : (
        percentiles.map(({ name, lines }) => (
          <Panel key={name} title={name}>
            <Chart title={name} times={times} lines={lines} show={show} />
          </Panel>
        ))
      )}
      <Panel title={metric.kind === "gauge" ? "Value" : "Per second"}>
        <Chart title={metric.name} times={times} lines={rates} show={perSecond} />
      </Panel>
    </div>
  );
}

function rateIn(value: number, metric: MetricFacts): string {
  const isCount =
    metric.kind === "histogram" || metric.unit.startsWith("{") || metric.unit === "" || metric.unit === "1";
  return isCount ? rate(value) : `${inUnit(value, metric.unit)}/s`;
}

function Panel({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
      </header>
      <div class="inside">{children}</div>
    </section>
  );
}

/** A long name may go on in the next line behind a dot. */
function Breakable({ name }: { name: string }) {
  return name.split(/(?<=[._])/).map((part, index) => (
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}
