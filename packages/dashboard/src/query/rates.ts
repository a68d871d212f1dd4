import { quantileMs } from "../store/durations.ts";
import type { FlowKind } from "../store/flow.ts";
import { TrafficSum, type FlowRow } from "./traffic.ts";

/** How often and how fast one asked another for one thing. */
export interface Rate {
  /** `call` as its caller saw it, `serve` as who answered it; `enter` a request at the gateway; see {@link FlowKind}. */
  readonly kind: FlowKind;
  /** `""` for clients of the gateway. */
  readonly caller: string;
  readonly callee: string;
  /** `"inventory@1.reserve"`, `"POST /orders"`, an event type, or an SQL verb. */
  readonly member: string;
  /** In one process; null where both were seen, or the spans do not say. */
  readonly local: boolean | null;
  readonly count: number;
  /** Ended by a fault of the one who was asked. */
  readonly errors: number;
  /** Ended with an error that the contract declares, or by a fault of the one who asked. */
  readonly refused: number;
  readonly perSecond: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** Of each caller, callee and member, the busiest first. */
export function ratesOf(flows: readonly FlowRow[], windowMs: number): Rate[] {
  const rows = Map.groupBy(flows, ({ kind, source, target, member }) =>
    JSON.stringify([kind, source, target, member]),
  );
  return [...rows.values()]
    .map((of) => {
      const sum = new TrafficSum();
      for (const flow of of) sum.add(flow);
      const { kind, source: caller, target: callee, member } = of[0]!;
      const { local } = of[0]!;
      const p99Ms = quantileMs(sum.durations, 0.99);
      const where = of.length > 1 || local < 0 ? null : local === 1;
      return { kind, caller, callee, member, local: where, ...sum.over(windowMs), p99Ms };
    })
    .toSorted((a, b) => b.count - a.count || (a.member < b.member ? -1 : 1));
}
