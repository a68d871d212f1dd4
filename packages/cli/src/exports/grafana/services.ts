import { anyOf, metrics, noneOf, recorded, series, seriesOfAny } from "../watched/metrics.ts";
import type { Watched } from "../watched/watched.ts";
import { choice, type DashboardDraft } from "./dashboard.ts";
import { toEdges, toTraces } from "./links.ts";
import type { PanelDraft, Target } from "./panel.ts";

/** What each service is asked, and how it answers. */
export function servicesDashboard(watched: Watched): DashboardDraft {
  const { app, expected } = watched;
  const job = `job="${app}"`;
  const chosen = [job, 'kerf_callee=~"$service"', 'kerf_member=~"$member"'];
  const faults = noneOf("error_type", expected);
  const refusals = anyOf("error_type", expected);
  const links = [toEdges(app), ...toTraces];
  /** Calls and streams are counted apart. */
  const asked = (...more: string[]) =>
    watched.streams
      ? seriesOfAny([metrics.calls, metrics.streams], job, ...more)
      : series(metrics.calls, job, ...more);
  const rate = (metric: string, by: string, ...more: string[]) =>
    `sum by (${by}) (rate(${series(metric, ...chosen, ...more)}[$__rate_interval]))`;
  const errors = (metric: string, which: string) => ({
    expr: rate(metric, "kerf_callee, kerf_member, error_type", which),
    legend: "{{kerf_member}} {{error_type}}",
  });
  const slowest = (quantile: number, by: string) =>
    `histogram_quantile(${quantile}, ${rate(metrics.durationBucket, `${by}le`)})`;
  return {
    name: "services",
    title: "services",
    variables: [
      choice("service", "Service", asked(), "kerf_callee"),
      choice("member", "Member", asked('kerf_callee=~"$service"'), "kerf_member"),
    ],
    panels: [
      {
        type: "stat",
        title: "Calls",
        description: "A second, of all members that are chosen.",
        unit: "reqps",
        width: 6,
        targets: [
          { expr: `sum(rate(${series(metrics.calls, ...chosen)}[$__rate_interval]))`, legend: "calls" },
        ],
      },
      {
        type: "stat",
        title: "Our faults",
        description:
          "The share of calls that failed neither as their contract declares nor by what the caller sent.",
        unit: "percentunit",
        width: 6,
        limits: [0.001, 0.01],
        targets: [
          {
            expr: `(sum(rate(${series(metrics.errors, ...chosen, faults)}[$__rate_interval])) or vector(0)) / sum(rate(${series(metrics.calls, ...chosen)}[$__rate_interval]))`,
            legend: "faults",
          },
        ],
      },
      {
        type: "stat",
        title: "p95",
        description: "19 of 20 calls end within this time, as their callers see it.",
        unit: "s",
        width: 6,
        targets: [{ expr: slowest(0.95, ""), legend: "p95" }],
      },
      {
        type: "stat",
        title: "p99",
        description: "99 of 100 calls end within this time.",
        unit: "s",
        width: 6,
        targets: [{ expr: slowest(0.99, ""), legend: "p99" }],
      },
      {
        type: "timeseries",
        title: "Calls by member",
        description: "A second.",
        unit: "reqps",
        width: 8,
        links,
        targets: [{ expr: rate(metrics.calls, "kerf_callee, kerf_member"), legend: "{{kerf_member}}" }],
      },
      {
        type: "timeseries",
        title: "Errors by member",
        description: "A second; by our fault.",
        unit: "reqps",
        width: 8,
        links,
        targets: [errors(metrics.errors, faults)],
      },
      {
        type: "timeseries",
        title: "Refusals by member",
        description: "A second; what contracts declare, and what is the caller's fault.",
        unit: "reqps",
        width: 8,
        links,
        targets: [errors(metrics.errors, refusals)],
      },
      {
        type: "timeseries",
        title: "p95 by member",
        description: "With exemplars: each dot is a call, and leads to its trace.",
        unit: "s",
        width: 12,
        links,
        targets: [
          { expr: slowest(0.95, "kerf_callee, kerf_member, "), legend: "{{kerf_member}}", exemplar: true },
        ],
      },
      {
        type: "timeseries",
        title: "p50, p95 and p99",
        description: "Of all members that are chosen.",
        unit: "s",
        width: 12,
        targets: [0.5, 0.95, 0.99].map((quantile) => ({
          expr: slowest(quantile, ""),
          legend: `p${quantile * 100}`,
        })),
      },
      ...(watched.streams
        ? streams(
            `sum by (kerf_callee, kerf_member) (${series(metrics.streamsOpen, ...chosen)})`,
            errors(metrics.streamErrors, faults),
            errors(metrics.streamErrors, refusals),
          )
        : []),
      ...promises(watched, chosen),
    ],
  };
}

function streams(open: string, faults: Target, refusals: Target): PanelDraft[] {
  return [
    {
      type: "timeseries",
      title: "Open streams",
      description: "As those who read them see it.",
      unit: "short",
      width: 8,
      targets: [{ expr: open, legend: "{{kerf_member}}" }],
    },
    {
      type: "timeseries",
      title: "Errors of streams",
      description: "Streams a second that broke by our fault.",
      unit: "cps",
      width: 8,
      targets: [faults],
    },
    {
      type: "timeseries",
      title: "Refusals of streams",
      description:
        "Streams a second that ended with what their contract declares, or by their reader's fault.",
      unit: "cps",
      width: 8,
      targets: [refusals],
    },
  ];
}

function promises({ promised }: Watched, chosen: readonly string[]): PanelDraft[] {
  if (promised.length === 0) return [];
  const burn = (window: string) => ({
    expr: series(recorded.burn(window), ...chosen),
    legend: `{{kerf_member}} {{objective}} ${window}`,
  });
  return [
    {
      type: "timeseries",
      title: "Use of error budgets",
      description:
        "1 uses up exactly what may fail in 30 days. Alerts begin at 1, and wake somebody from 6 on.",
      unit: "short",
      width: 12,
      limits: [1, 6],
      targets: [burn("1h"), burn("6h")],
    },
    {
      type: "table",
      title: "Promises",
      description: "The objectives of contracts, and how fast their budgets were used up over three days.",
      unit: "none",
      width: 12,
      targets: [
        { expr: series(recorded.objective, ...chosen), legend: "promised", instant: true },
        { expr: series(recorded.burn("3d"), ...chosen), legend: "budget use, 3 days", instant: true },
      ],
    },
  ];
}
