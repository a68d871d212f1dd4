import { retention, thresholds } from "@kerf/runtime";
import { metrics, recorded, series } from "../watched/metrics.ts";
import type { Watched } from "../watched/watched.ts";
import type { AlertRule, RuleGroup } from "./rules.ts";
import { burns, type Severity } from "./windows.ts";

/** Alerts of an application. `runbooks` is where docs/monitoring.md is: each alert has its heading there. */
export function alertRules(watched: Watched, runbooks: string): readonly RuleGroup<AlertRule>[] {
  const { app, promised, stores, sagas } = watched;
  const job = `job="${app}"`;
  const groups: readonly [string, readonly Draft[]][] = [
    [
      "objectives",
      promised.length === 0 ? [] : [burning(job, "page", "fast"), burning(job, "ticket", "slowly")],
    ],
    ["messages", stores ? messages(job) : []],
    ["sagas", sagas ? sagaAlerts(job) : []],
    ["processes", processes(job)],
  ];
  return groups
    .filter(([, drafts]) => drafts.length > 0)
    .map(([name, drafts]) => ({
      name: `${app}-alerts-${name}`,
      rules: drafts.map((draft) => ruleOf(draft, runbooks)),
    }));
}

interface Draft {
  readonly alert: string;
  readonly severity: Severity;
  /** The label that names the service, where one is concerned. */
  readonly of?: string;
  readonly expr: string;
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
}

function ruleOf({ alert, severity, of, expr, summary, description, ...draft }: Draft, runbooks: string) {
  return {
    alert,
    expr,
    ...(draft.for === undefined ? {} : { for: draft.for }),
    labels: { severity, ...(of === undefined ? {} : { service: `{{ $labels.${of} }}` }) },
    annotations: { summary, description, runbook_url: `${runbooks}#${alert.toLowerCase()}` },
  };
}

function burning(job: string, severity: Severity, pace: string): Draft {
  const over = (window: string, times: number) => `${series(recorded.burn(window), job)} > ${times}`;
  const pairs = burns[severity].map(
    ({ times, long, short }) => `(\n  ${over(long, times)}\n  and\n  ${over(short, times)}\n)`,
  );
  const spans = burns[severity].map(({ times, long }) => `${times} times over ${long}`).join(" or ");
  return {
    alert: "KerfErrorBudgetBurn",
    severity,
    of: "kerf_callee",
    expr: pairs.join("\nor\n"),
    summary: `{{ $labels.kerf_member }} breaks its promise of {{ $labels.objective }} ${pace}.`,
    description: `It uses up its error budget {{ $value | printf "%.1f" }} times faster than 30 days allow; the alert is for ${spans}.`,
  };
}

function messages(job: string): Draft[] {
  // Each replica tells what is in the database that they share.
  const most = (metric: string, by: string) => `max by (job, ${by}) (${series(metric, job)})`;
  const service = { of: "service" };
  const lost = (thresholds.nearLoss * retention.handledMs) / 1_000;
  return [
    {
      alert: "KerfOutboxWaits",
      severity: "page",
      ...service,
      expr: `${most(metrics.oldestUnsent, "service")} > ${thresholds.unsentMs / 1_000}\nor\n${most(metrics.unsent, "service")} > ${thresholds.unsent}`,
      for: "2m",
      summary: "Messages of {{ $labels.service }} are committed and not sent.",
      description: `The oldest has waited for more than ${thresholds.unsentMs / 1_000} s, or there are more than ${thresholds.unsent}. A relay sends within milliseconds: nobody relays, or the broker's database is out of reach.`,
    },
    {
      alert: "KerfEventLag",
      severity: "ticket",
      of: "consumer",
      expr: `${most(metrics.lagAge, "consumer, channel")} > ${thresholds.behindMs / 1_000}\nor\n${most(metrics.lagMessages, "consumer, channel")} > ${thresholds.behind}`,
      for: "5m",
      summary: "{{ $labels.consumer }} is behind on {{ $labels.channel }}.",
      description: `The oldest message that it has not acknowledged is more than ${thresholds.behindMs / 1_000} s old, or there are more than ${thresholds.behind}.`,
    },
    {
      alert: "KerfEventsNearLoss",
      severity: "page",
      of: "consumer",
      expr: `${most(metrics.lagAge, "consumer, channel")} > ${lost}`,
      for: "5m",
      summary: "{{ $labels.consumer }} is about to lose messages of {{ $labels.channel }}.",
      description: `The oldest is {{ $value | humanizeDuration }} old. Messages are kept for ${retention.handledMs / 86_400_000} days, unless KERF_RETENTION says otherwise.`,
    },
    {
      alert: "KerfRetries",
      severity: "ticket",
      ...service,
      expr: `${most(metrics.retries, "service")} > ${thresholds.retries}`,
      for: "10m",
      summary: "{{ $value }} messages wait in {{ $labels.service }} for another try, or behind one.",
      description: "A reaction or a sent command fails again and again.",
    },
    {
      alert: "KerfDeadLetters",
      severity: "ticket",
      ...service,
      expr: `${most(metrics.deadLetters, "service")} > 0`,
      summary: "{{ $labels.service }} has {{ $value }} dead letters.",
      description: "They were tried for a day and given up on; somebody must replay or drop them.",
    },
  ];
}

function sagaAlerts(job: string): Draft[] {
  const inState = (state: string) =>
    `max by (job, service) (${series(metrics.sagas, job, `state="${state}"`)}) > 0`;
  return [
    {
      alert: "KerfSagasParked",
      severity: "ticket",
      of: "service",
      expr: inState("parked"),
      summary: "{{ $value }} sagas of {{ $labels.service }} are parked.",
      description: "They cannot go on by themselves; somebody must retry them or give them up.",
    },
    {
      alert: "KerfSagasStuck",
      severity: "ticket",
      of: "service",
      expr: inState("stuck"),
      for: "10m",
      summary: "{{ $value }} sagas of {{ $labels.service }} get nowhere.",
      description: "A service that they call fails or is away, or nobody takes them up.",
    },
  ];
}

function processes(job: string): Draft[] {
  return [
    {
      alert: "KerfTargetDown",
      severity: "page",
      expr: `${series("up", job)} == 0`,
      for: "2m",
      summary: "{{ $labels.instance }} of the unit {{ $labels.unit }} cannot be scraped.",
      description: "The process is gone, hangs, or its health port is not where Prometheus looks.",
    },
    {
      alert: "KerfNothingScraped",
      severity: "page",
      expr: `absent(${series("up", job)})`,
      for: "5m",
      summary: "Prometheus knows of no process of {{ $labels.job }}.",
      description: "No alert but this one can fire.",
    },
    {
      alert: "KerfRestarts",
      severity: "ticket",
      // How long a process has run falls when another one takes its place.
      expr: `resets(${series(metrics.uptime, job)}[30m]) >= 3`,
      summary:
        "{{ $labels.instance }} of the unit {{ $labels.unit }} was restarted {{ $value }} times in 30 min.",
      description: "It dies again and again, or somebody deploys again and again.",
    },
  ];
}
