/** What calls were like within the window. */
export interface Seen {
  readonly calls: number;
  readonly failed: number;
  /** Rounded up to a fifth more; 0 where there were no calls. */
  readonly p95Ms: number;
}

const slices = 6;
/** Four for each doubling: 64 reach over a minute. */
const buckets = 64;

interface Slice {
  number: number;
  calls: number;
  failed: number;
  readonly latency: Uint32Array;
}

/** Counts calls, failures and latencies of the last `windowMs`, in six slices. It allocates nothing per call. */
export class Window {
  readonly #sliceMs: number;
  readonly #slices: Slice[] = Array.from({ length: slices }, () => ({
    number: -1,
    calls: 0,
    failed: 0,
    latency: new Uint32Array(buckets),
  }));

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / slices;
  }

  record(now: number, ok: boolean, ms: number): void {
    const number = this.sliceAt(now);
    const slice = this.#slices[number % slices]!;
    if (slice.number !== number) {
      slice.number = number;
      slice.calls = 0;
      slice.failed = 0;
      slice.latency.fill(0);
    }
    slice.calls += 1;
    if (!ok) slice.failed += 1;
    slice.latency[Math.min(buckets - 1, Math.floor(4 * Math.log2(Math.max(0, ms) + 1)))]! += 1;
  }

  sliceAt(now: number): number {
    return Math.floor(now / this.#sliceMs);
  }

  read(now: number): Seen {
    const oldest = this.sliceAt(now) - slices;
    const live = this.#slices.filter(({ number }) => number > oldest);
    const calls = live.reduce((sum, slice) => sum + slice.calls, 0);
    const failed = live.reduce((sum, slice) => sum + slice.failed, 0);
    return { calls, failed, p95Ms: p95(live, calls) };
  }
}

function p95(live: readonly Slice[], calls: number): number {
  let left = Math.ceil(calls * 0.95);
  if (left === 0) return 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (const { latency } of live) left -= latency[bucket]!;
    if (left <= 0) return Math.round(2 ** ((bucket + 1) / 4) - 1);
  }
  return 2 ** (buckets / 4);
}
