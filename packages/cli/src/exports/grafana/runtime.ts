import { metrics, series } from "../watched/metrics.ts";
import type { Watched } from "../watched/watched.ts";
import { choice, type DashboardDraft } from "./dashboard.ts";
import type { PanelDraft, Target } from "./panel.ts";

/** The processes. */
export function runtimeDashboard({ app }: Watched): DashboardDraft {
  const job = `job="${app}"`;
  const chosen = [job, 'unit=~"$unit"', 'instance=~"$instance"'];
  const of = (metric: string, ...more: string[]) => series(metric, ...chosen, ...more);
  const rate = (metric: string, by: string) =>
    `sum by (unit, instance${by}) (rate(${of(metric)}[$__rate_interval]))`;
  const legend = "{{unit}} {{instance}}";
  const lines = (
    title: string,
    unit: string,
    description: string,
    ...targets: readonly Target[]
  ): PanelDraft => ({
    type: "timeseries",
    title,
    description,
    unit,
    width: 12,
    targets,
  });
  return {
    name: "runtime",
    title: "processes",
    variables: [
      choice("unit", "Unit", series("up", job), "unit"),
      choice("instance", "Process", series("up", job, 'unit=~"$unit"'), "instance"),
    ],
    panels: [
      lines(
        "Event loop delay",
        "s",
        "How late the event loop was.",
        { expr: of(metrics.loopDelayP99), legend: `${legend} p99` },
        { expr: of(metrics.loopDelayP50), legend: `${legend} p50` },
      ),
      {
        ...lines("Event loop use", "percentunit", "The share of time in which it worked.", {
          expr: of(metrics.loopUse),
          legend,
        }),
        max: 1,
      },
      lines(
        "Heap",
        "bytes",
        "In use, and what it may grow to.",
        { expr: of(metrics.heapUsed), legend: `${legend} used` },
        { expr: of(metrics.heapLimit), legend: `${legend} limit` },
      ),
      lines("Memory", "bytes", "Physical memory in use.", { expr: of(metrics.memory), legend }),
      lines("Garbage collection", "percentunit", "The share of time that it took, by kind.", {
        expr: rate(metrics.gcSum, ", v8js_gc_type"),
        legend: `${legend} {{v8js_gc_type}}`,
      }),
      lines("CPU", "percentunit", "1 is one core.", { expr: rate(metrics.cpu, ""), legend }),
      lines(
        "Database connections",
        "short",
        "By server; those that are used and idle, and how many there may be.",
        {
          expr: of(metrics.connections),
          legend: `${legend} {{db_client_connection_pool_name}} {{db_client_connection_state}}`,
        },
        { expr: of(metrics.connectionsMax), legend: `${legend} {{db_client_connection_pool_name}} max` },
      ),
      lines("Waiting for a connection", "short", "Transactions that wait for one.", {
        expr: of(metrics.connectionsPending),
        legend: `${legend} {{db_client_connection_pool_name}}`,
      }),
      lines("Uptime", "s", "Where it falls, a process was started anew.", {
        expr: of(metrics.uptime),
        legend,
      }),
      lines("Spans dropped", "cps", "A second: what could not be kept or sent.", {
        expr: rate(metrics.spansDropped, ""),
        legend,
      }),
    ],
  };
}
