import { thresholds } from "@kerf/runtime";
import { metrics, series } from "../watched/metrics.ts";
import type { Watched } from "../watched/watched.ts";
import { storedServices, type DashboardDraft } from "./dashboard.ts";
import type { PanelDraft } from "./panel.ts";

/** Messages on their way, and those that do not arrive. */
export function eventsDashboard({ app }: Watched): DashboardDraft {
  const job = `job="${app}"`;
  const lines = (
    title: string,
    metric: string,
    unit: string,
    description: string,
    limits?: readonly [number, number],
    by: "service" | "consumer" = "service",
  ): PanelDraft => ({
    type: "timeseries",
    title,
    description,
    unit,
    width: 12,
    ...(limits ? { limits } : {}),
    targets: [
      // Each replica tells what is in the database that they share.
      by === "service"
        ? { expr: `max by (service) (${series(metric, job, 'service=~"$service"')})`, legend: "{{service}}" }
        : {
            expr: `max by (consumer, channel) (${series(metric, job, 'consumer=~"$service"')})`,
            legend: "{{consumer}} on {{channel}}",
          },
    ],
  });
  const behind = thresholds.behindMs / 1_000;
  const unsent = thresholds.unsentMs / 1_000;
  return {
    name: "events",
    title: "events",
    variables: [storedServices(app)],
    panels: [
      lines(
        "Age of the oldest message not acknowledged",
        metrics.lagAge,
        "s",
        "By subscriber and channel.",
        [behind, behind * 12],
        "consumer",
      ),
      lines(
        "Messages not acknowledged",
        metrics.lagMessages,
        "short",
        "By subscriber and channel.",
        undefined,
        "consumer",
      ),
      lines(
        "Dead letters",
        metrics.deadLetters,
        "short",
        "Given up on, until somebody replays or drops them.",
      ),
      lines("Retries", metrics.retries, "short", "Messages that wait for another try, or behind one."),
      lines("Outbox", metrics.unsent, "short", "Committed messages that are not sent yet."),
      lines(
        "Age of the oldest in the outbox",
        metrics.oldestUnsent,
        "s",
        "A relay sends within milliseconds.",
        [unsent, unsent * 5],
      ),
    ],
  };
}
