import { anyOf, metrics, noneOf, recorded, series } from "../watched/metrics.ts";
import type { Promised, Watched } from "../watched/watched.ts";
import type { RecordingRule, RuleGroup } from "./rules.ts";
import { windows } from "./windows.ts";

const ofMember = "job, kerf_callee, kerf_member";
const ofEdge = "job, kerf_caller, kerf_callee, kerf_member, kerf_local";
const quantiles = [0.5, 0.95, 0.99];
const ofCalls = { all: metrics.calls, failed: metrics.errors } as const;
const ofStreams = { all: metrics.streams, failed: metrics.streamErrors } as const;

/** What dashboards and alerts ask for again and again, reckoned once. */
export function recordingRules(watched: Watched): readonly RuleGroup<RecordingRule>[] {
  const { app, promised } = watched;
  return [
    { name: `${app}-edges`, rules: [...trafficOf(watched, "edge"), ...trafficOf(watched, "member")] },
    ...(promised.length === 0
      ? []
      : [
          { name: `${app}-objectives`, rules: promised.flatMap((each) => objectivesOf(app, each)) },
          ...windows.map((window) => ({ name: `${app}-burn-${window}`, rules: burnOver(watched, window) })),
        ]),
  ];
}

function trafficOf({ app, expected }: Watched, level: "edge" | "member"): RecordingRule[] {
  const by = level === "edge" ? ofEdge : ofMember;
  const job = `job="${app}"`;
  const rate = (metric: string, ...more: string[]) =>
    `sum by (${by}) (rate(${series(metric, job, ...more)}[5m]))`;
  const errorsOf = (which: string) => `${rate(metrics.errors, which)}\nor\n0 * ${rate(metrics.calls)}`;
  const [calls, errors, refusals, duration] =
    level === "edge"
      ? [recorded.edgeCalls, recorded.edgeErrors, recorded.edgeRefusals, recorded.edgeDuration]
      : [recorded.memberCalls, recorded.memberErrors, recorded.memberRefusals, recorded.memberDuration];
  return [
    { record: calls, expr: rate(metrics.calls) },
    { record: errors, expr: errorsOf(noneOf("error_type", expected)) },
    { record: refusals, expr: errorsOf(anyOf("error_type", expected)) },
    ...(level === "member"
      ? [{ record: recorded.memberFaults("5m"), expr: faultRatio(ofCalls, [job], expected, "5m") }]
      : []),
    ...quantiles.map((quantile) => ({
      record: duration,
      expr: `histogram_quantile(${quantile}, sum by (${by}, le) (rate(${series(metrics.durationBucket, job)}[5m])))`,
      labels: { quantile: String(quantile) },
    })),
  ];
}

/** Where nothing failed there is no series of failures yet: that is a share of nothing, not no share. */
function faultRatio(
  { all, failed }: typeof ofCalls | typeof ofStreams,
  matchers: readonly string[],
  expected: readonly string[],
  window: string,
): string {
  const rate = (metric: string, ...more: string[]) =>
    `sum by (${ofMember}) (rate(${series(metric, ...matchers, ...more)}[${window}]))`;
  return [
    "(",
    `  ${rate(failed, noneOf("error_type", expected))}`,
    "  or",
    `  0 * ${rate(all)}`,
    ")",
    "/",
    rate(all),
  ].join("\n");
}

function objectivesOf(app: string, { member, service, availability, latency }: Promised): RecordingRule[] {
  const labels = { job: app, kerf_callee: service, kerf_member: member };
  return Object.entries({ availability, latency: latency?.p }).flatMap(([objective, share]) =>
    share === undefined
      ? []
      : [{ record: recorded.objective, expr: `vector(${share})`, labels: { ...labels, objective } }],
  );
}

function burnOver({ app, promised, expected }: Watched, window: string): RecordingRule[] {
  const job = `job="${app}"`;
  const available = promised.filter(({ stream, availability }) => !stream && availability !== undefined);
  const streams = promised.filter(({ stream }) => stream);
  const members = (some: readonly Promised[]) =>
    anyOf(
      "kerf_member",
      some.map(({ member }) => member),
    );
  const bounds = Map.groupBy(
    promised.filter(({ latency }) => latency !== undefined),
    ({ latency }) => latency!.within,
  );
  const rules: RecordingRule[] = [];
  const faults: string[] = [];
  if (available.length > 0) {
    faults.push(recorded.memberFaults(window));
    if (window !== "5m")
      rules.push({
        record: recorded.memberFaults(window),
        expr: faultRatio(ofCalls, [job, members(available)], expected, window),
      });
  }
  if (streams.length > 0) {
    faults.push(recorded.memberBroken(window));
    rules.push({
      record: recorded.memberBroken(window),
      expr: faultRatio(ofStreams, [job, members(streams)], expected, window),
    });
  }
  if (faults.length > 0) rules.push(burn(faults, "availability"));
  for (const [within, some] of [...bounds].toSorted(([a], [b]) => a - b))
    rules.push({
      record: recorded.memberSlow(window),
      expr: slowRatio([job, members(some)], within, window),
      labels: { within: String(within) },
    });
  if (bounds.size > 0) rules.push(burn([recorded.memberSlow(window)], "latency"));
  return rules;

  /** Each member has one of the ratios. */
  function burn(ratios: readonly string[], objective: string): RecordingRule {
    const target = series(recorded.objective, job, `objective="${objective}"`);
    const any = ratios.map((ratio) => series(ratio, job)).join("\nor\n");
    return {
      record: recorded.burn(window),
      expr: `${ratios.length > 1 ? `(\n${any}\n)` : any}\n/ on (${ofMember})\n(1 - ${target})`,
      labels: { objective },
    };
  }
}

function slowRatio(matchers: readonly string[], within: number, window: string): string {
  const rate = (metric: string, ...more: string[]) =>
    `sum by (${ofMember}) (rate(${series(metric, ...matchers, ...more)}[${window}]))`;
  return `1 -\n${rate(metrics.durationBucket, `le="${boundText(within)}"`)}\n/\n${rate(metrics.durationCount)}`;
}

/** As `/metrics` writes it: a bound is a float. */
function boundText(seconds: number): string {
  return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
}
