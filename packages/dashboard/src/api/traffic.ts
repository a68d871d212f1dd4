export interface Traffic {
  readonly count: number;
  readonly errors: number;
  readonly perSecond: number;
  /** null without a count. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}
