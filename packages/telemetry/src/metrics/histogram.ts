/** What was once measured, and the trace in which it was. */
export interface Exemplar {
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Counts values by explicit upper bounds. */
export class Histogram {
  readonly bounds: readonly number[];
  /** One more than bounds. */
  readonly counts: number[];
  readonly exemplars: (Exemplar | undefined)[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = bounds.map(() => 0).concat(0);
    this.exemplars = this.counts.map(() => undefined);
  }

  /** Gives the number of the bucket. */
  record(value: number): number {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
    this.count++;
    return bucket;
  }
}

/** In seconds: from a call within the process to one that waits for somebody. */
export const durationBounds: readonly number[] = [
  0.000_01, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** In bytes, to the 4 MB that a message may have. */
export const byteBounds: readonly number[] = [
  64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304,
];
