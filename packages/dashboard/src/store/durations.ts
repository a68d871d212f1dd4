/**
 * How often a duration was seen, by its magnitude: four buckets for each doubling, so that a percentile is right within
 * 10 %. From bucket to count.
 */
export type Durations = Map<number, number>;

export function bucketOf(us: number): number {
  return us < 1 ? 0 : Math.min(159, Math.floor(Math.log2(us) * 4) + 1);
}

export function addTo(durations: Durations, bucket: number, count: number): void {
  durations.set(bucket, (durations.get(bucket) ?? 0) + count);
}

/** The duration in ms that a share of all does not pass: the middle of its bucket. Null where there are none. */
export function quantileMs(durations: Durations, share: number): number | null {
  let total = 0;
  for (const count of durations.values()) total += count;
  if (total === 0) return null;
  let left = Math.ceil(total * share);
  for (const bucket of [...durations.keys()].toSorted((a, b) => a - b)) {
    left -= durations.get(bucket)!;
    if (left <= 0) return bucket === 0 ? 0 : 2 ** ((bucket - 0.5) / 4) / 1_000;
  }
  return null;
}
