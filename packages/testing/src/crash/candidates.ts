import { crashPoints, type CrashPoint, type Reached } from "@kerf/runtime/crashpoint";

/** One place and time to die. */
export interface Crash {
  readonly unit: string;
  readonly point: CrashPoint;
  /** At which time that the unit comes there. */
  readonly nth: number;
}

/** These come as time passes, whatever the scenario does: one crash says as much as ten. */
const byTime = /^(lease|broker)\.renew|^timer\.fire/;

/** Where to crash, out of what the units passed: `hits` of each point, from the first to the last. */
export function candidates(
  passed: ReadonlyMap<string, readonly Reached[]>,
  wanted: readonly CrashPoint[] = crashPoints,
  hits = 3,
): Crash[] {
  const crashes: Crash[] = [];
  for (const [unit, trail] of passed) {
    for (const point of wanted) {
      const times = trail.filter((r) => r.point === point).length;
      if (times === 0) continue;
      const nths = byTime.test(point) ? [Math.min(2, times)] : spread(times, hits);
      crashes.push(...nths.map((nth) => ({ unit, point, nth })));
    }
  }
  return crashes;
}

/** Up to `hits` different numbers of 1 to `times`, the ends among them. */
function spread(times: number, hits: number): number[] {
  const count = Math.min(times, hits);
  if (count <= 1) return [1];
  return Array.from({ length: count }, (_, i) => 1 + Math.round((i * (times - 1)) / (count - 1)));
}
