/** What streams may take of a unit. */
export interface StreamLimits {
  /** How long one lives at most; it ends up to a tenth sooner, so that those who began together do not come back together. */
  readonly lifeMs: number;
  /** How long a reader may leave an answer lying. */
  readonly idleMs: number;
  /** At once in a unit. */
  readonly most: number;
  /** At once in a unit on behalf of one person. */
  readonly mostEach: number;
  /** Reads at once of one service for all of its streams: they share its connections with its calls. */
  readonly reads: number;
  /** How soon a change is looked for that no event told of. */
  readonly lookMs: number;
}

/** A life ends within the longest time that a call may take between units. */
export const streamLimits: StreamLimits = {
  lifeMs: 240_000,
  idleMs: 60_000,
  most: 4_096,
  mostEach: 64,
  reads: 4,
  lookMs: 30_000,
};

/** The time that the way to a stream takes: who asks waits so much longer than it lives. */
export const graceMs = 10_000;
