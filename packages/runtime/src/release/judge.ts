import type { Back } from "./release.ts";
import type { Seen } from "./window.ts";

/** Why a new version is worse than the one that runs. */
export interface Finding {
  readonly what: "errors" | "latency";
  readonly reason: string;
}

/** How unlikely the difference must be, were both the same: one in 40 (one-sided). */
const surelyWorse = 1.96;
/** Less is nothing that a person feels: a call that crosses to another process alone costs some of it. */
const leastSlowerMs = 10;

/** Compares what was seen of both within the same time. Undefined: there is nothing to complain of, or too little to say. */
export function judge(next: Seen, current: Seen, back: Back): Finding | undefined {
  if (next.calls < back.atLeast) return undefined;
  // Where hardly anybody is left on the other side, there is nothing to compare with.
  const known = current.calls >= back.atLeast;
  const [mine, theirs] = [next.failed / next.calls, known ? current.failed / current.calls : 0];
  if (mine - theirs > back.errors && (!known || deviation(next, current) > surelyWorse)) {
    const others = known ? `, against ${rate(theirs)} of ${current.calls}` : "";
    return { what: "errors", reason: `${rate(mine)} of ${next.calls} calls failed${others}` };
  }
  if (!known || next.p95Ms <= current.p95Ms * back.p95 || next.p95Ms - current.p95Ms < leastSlowerMs)
    return undefined;
  return { what: "latency", reason: `p95 is ${next.p95Ms} ms, against ${current.p95Ms} ms` };
}

/** How many standard deviations the shares of failures are apart (two proportions, pooled). */
function deviation(a: Seen, b: Seen): number {
  const pooled = (a.failed + b.failed) / (a.calls + b.calls);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / a.calls + 1 / b.calls));
  return spread === 0 ? Infinity : (a.failed / a.calls - b.failed / b.calls) / spread;
}

function rate(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
