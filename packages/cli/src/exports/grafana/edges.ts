import { anyOf, metrics, noneOf, recorded, series } from "../watched/metrics.ts";
import type { Watched } from "../watched/watched.ts";
import { choice, type DashboardDraft } from "./dashboard.ts";
import { toService, toTraces } from "./links.ts";

const edge = "kerf_caller, kerf_callee, kerf_member";
const legend = "{{kerf_caller}} → {{kerf_member}}";

/** Who calls whom. */
export function edgesDashboard({ app, expected }: Watched): DashboardDraft {
  const job = `job="${app}"`;
  const chosen = [job, 'kerf_caller=~"$caller"', 'kerf_callee=~"$callee"'];
  const calls = series(metrics.calls, job);
  const links = [toService(app), ...toTraces];
  const rate = (metric: string, by: string, ...more: string[]) =>
    `sum by (${by}) (rate(${series(metric, ...chosen, ...more)}[$__rate_interval]))`;
  const errors = (which: string) => ({
    expr: rate(metrics.errors, `${edge}, error_type`, which),
    legend: `${legend} {{error_type}}`,
  });
  const mean = (sum: string, count: string) => `${rate(sum, edge)} / ${rate(count, edge)}`;
  return {
    name: "edges",
    title: "edges",
    variables: [
      choice("caller", "Caller", calls, "kerf_caller"),
      choice("callee", "Called", calls, "kerf_callee"),
    ],
    panels: [
      {
        type: "timeseries",
        title: "Calls",
        description: "A second, of each edge.",
        unit: "reqps",
        width: 8,
        links,
        targets: [{ expr: rate(metrics.calls, edge), legend }],
      },
      {
        type: "timeseries",
        title: "Errors",
        description: "A second; by the fault of who is called.",
        unit: "reqps",
        width: 8,
        links,
        targets: [errors(noneOf("error_type", expected))],
      },
      {
        type: "timeseries",
        title: "Refusals",
        description: "A second; what contracts declare, and what is the caller's fault.",
        unit: "reqps",
        width: 8,
        links,
        targets: [errors(anyOf("error_type", expected))],
      },
      {
        type: "timeseries",
        title: "p95",
        description: "As the caller sees it, with exemplars: each dot is a call, and leads to its trace.",
        unit: "s",
        width: 12,
        links,
        targets: [
          {
            expr: `histogram_quantile(0.95, ${rate(metrics.durationBucket, `${edge}, le`)})`,
            legend,
            exemplar: true,
          },
        ],
      },
      {
        type: "timeseries",
        title: "Between processes",
        description: "The share of calls that left the caller's process.",
        unit: "percentunit",
        max: 1,
        width: 12,
        targets: [
          {
            expr: `(sum(rate(${series(metrics.calls, ...chosen, 'kerf_local="false"')}[$__rate_interval])) or vector(0)) / sum(rate(${series(metrics.calls, ...chosen)}[$__rate_interval]))`,
            legend: "between processes",
          },
        ],
      },
      {
        type: "timeseries",
        title: "Bytes of a request",
        description: "On average, as sent between processes or as it would be: of one call in 64.",
        unit: "bytes",
        width: 12,
        links,
        targets: [{ expr: mean(metrics.requestBytesSum, metrics.requestBytesCount), legend }],
      },
      {
        type: "timeseries",
        title: "Bytes of a reply",
        description: "On average, as sent between processes or as it would be: of one call in 64.",
        unit: "bytes",
        width: 12,
        links,
        targets: [{ expr: mean(metrics.replyBytesSum, metrics.replyBytesCount), legend }],
      },
      {
        type: "table",
        title: "All edges",
        description: "Over the last five minutes.",
        unit: "short",
        width: 24,
        targets: [
          { expr: series(recorded.edgeCalls, ...chosen), legend: "calls a second", instant: true },
          { expr: series(recorded.edgeErrors, ...chosen), legend: "errors a second", instant: true },
          { expr: series(recorded.edgeRefusals, ...chosen), legend: "refusals a second", instant: true },
          {
            expr: series(recorded.edgeDuration, ...chosen, 'quantile="0.95"'),
            legend: "p95 in seconds",
            instant: true,
          },
        ],
      },
    ],
  };
}
