export interface Traffic {
  readonly count: number;
  /** Ended by a fault of the one who was asked. */
  readonly errors: number;
  /** Ended with an error that the contract declares, or by a fault of the one who asked. */
  readonly refused: number;
  readonly perSecond: number;
  /** null without a count. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}
