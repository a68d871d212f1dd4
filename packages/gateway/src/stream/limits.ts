/** What streams may take of a gateway. */
export interface StreamLimits {
  /** At once. Over it: 503. */
  readonly most: number;
  /** At once of one caller: a person, or the address of a stranger. Over it: 429. */
  readonly mostEach: number;
  /** How often a quiet stream says that it lives, and who reads it is asked for again. */
  readonly beatMs: number;
  /** How long a reader may take nothing of what was sent. */
  readonly stallMs: number;
  /** How long the first answer is waited for: a refusal until then has a status of its own. */
  readonly firstMs: number;
}

/** A sign of life within the 60 s after which common proxies end what is quiet. */
export const streamLimits: StreamLimits = {
  most: 10_000,
  mostEach: 32,
  beatMs: 15_000,
  stallMs: 60_000,
  firstMs: 1_000,
};
