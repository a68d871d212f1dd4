import type { Severity } from "./windows.ts";

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: Severity; readonly service?: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

/** @see https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ */
export interface RuleGroup<R = RecordingRule | AlertRule> {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly R[];
}
