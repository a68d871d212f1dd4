import type { Attributes } from "@kerf/runtime/telemetry";
import type { Histogram } from "./histogram.ts";

/** One metric as it is now, before it is written in anybody's format. */
export type Metric = {
  /** With dots, as OpenTelemetry has it. */
  readonly name: string;
  readonly description: string;
  /** UCUM: `"s"`, `"By"`, `"{call}"`. */
  readonly unit: string;
} & (
  | { readonly kind: "counter" | "gauge"; readonly points: readonly Point<number>[] }
  | { readonly kind: "histogram"; readonly points: readonly Point<Histogram>[] }
);

export interface Point<Value> {
  readonly attributes: Attributes;
  readonly value: Value;
}

/** Points of one metric that are told apart. */
const pointsAtMost = 10_000;

/** Gathers points by the name of their metric, bounded. */
export class Gauges {
  readonly #metrics = new Map<string, Metric & { kind: "gauge" }>();

  add(gauge: Pick<Metric, "name" | "description" | "unit">, attributes: Attributes, value: number): void {
    let metric = this.#metrics.get(gauge.name);
    if (!metric) {
      const { name, description, unit } = gauge;
      this.#metrics.set(name, (metric = { name, description, unit, kind: "gauge", points: [] }));
    }
    const points = metric.points as Point<number>[];
    if (points.length < pointsAtMost) points.push({ attributes, value });
  }

  get all(): readonly Metric[] {
    return [...this.#metrics.values()];
  }
}
