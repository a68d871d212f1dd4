import type { DatabaseSync } from "node:sqlite";
import type { Traffic } from "../api/index.ts";
import { addTo, quantileMs, type Durations } from "../store/durations.ts";
import { SLOT_S, type FlowKind } from "../store/flow.ts";

/** Counts of some flows. */
export class TrafficSum {
  count = 0;
  errors = 0;
  refused = 0;
  readonly durations: Durations = new Map();

  add(row: FlowRow): void {
    this.count += row.count;
    this.errors += row.errors;
    this.refused += row.refused;
    for (const [bucket, count] of row.durations) addTo(this.durations, bucket, count);
  }

  over(windowMs: number): Traffic {
    return {
      count: this.count,
      errors: this.errors,
      refused: this.refused,
      perSecond: this.count / (windowMs / 1_000),
      p50Ms: quantileMs(this.durations, 0.5),
      p95Ms: quantileMs(this.durations, 0.95),
    };
  }
}

/** What went from one to another in a window. */
export interface FlowRow {
  readonly kind: FlowKind;
  readonly source: string;
  readonly target: string;
  readonly member: string;
  readonly local: number;
  readonly count: number;
  readonly errors: number;
  readonly refused: number;
  readonly durations: Durations;
  readonly asked: number;
  readonly askedBytes: number;
  readonly replied: number;
  readonly repliedBytes: number;
}

type Stored = Omit<FlowRow, "durations"> & { readonly durations: string };

/** All flows of the last `windowMs`: one row for each of a kind, source, target, member and locality. */
export function flowsOf(database: DatabaseSync, windowMs: number, now = Date.now()): FlowRow[] {
  const since = Math.floor((now - windowMs) / 1_000 / SLOT_S) * SLOT_S;
  const rows = database
    .prepare(
      `SELECT kind, source, target, member, local, sum(count) AS count, sum(errors) AS errors, sum(refused) AS refused,
        json_group_array(json(durations)) AS durations, sum(asked) AS asked, sum(askedBytes) AS askedBytes,
        sum(replied) AS replied, sum(repliedBytes) AS repliedBytes
      FROM flow WHERE slot >= ? GROUP BY kind, source, target, member, local`,
    )
    .all(since) as unknown as Stored[];
  return rows.map((row) => {
    const durations: Durations = new Map();
    for (const slot of JSON.parse(row.durations) as [number, number][][])
      for (const [bucket, count] of slot) addTo(durations, bucket, count);
    return { ...row, durations };
  });
}

/** Adds flows up by what `keyOf` gives; those without a key are left out. */
export function sumsBy(
  flows: readonly FlowRow[],
  keyOf: (flow: FlowRow) => string | undefined,
): Map<string, TrafficSum> {
  const sums = new Map<string, TrafficSum>();
  for (const flow of flows) {
    const key = keyOf(flow);
    if (key === undefined) continue;
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = new TrafficSum()));
    sum.add(flow);
  }
  return sums;
}

export const noTraffic: Traffic = { count: 0, errors: 0, refused: 0, perSecond: 0, p50Ms: null, p95Ms: null };
