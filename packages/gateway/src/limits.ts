/** What a stranger may send, and for how long they are waited for. */
export interface Limits {
  /** The request's target, path and query together. Over it: 414. */
  readonly urlBytes: number;
  /** The request line and all headers together. Over it: 431. */
  readonly headerBytes: number;
  /** How many headers. Over it: 431. */
  readonly headers: number;
  /** How many parameters in the query. Over it: 400. */
  readonly parameters: number;
  /** A body. Over it: 413. */
  readonly bodyBytes: number;
  /** How deep arrays and objects of a body may lie in each other. */
  readonly depth: number;
  /** How many keys an object of a body may have. */
  readonly keys: number;
  /** How many items a list may have where the contract does not say. */
  readonly items: number;
  /** How many characters a string may have where the contract does not say. */
  readonly characters: number;
  /** From the first byte of a request, or the opening of its connection, to the end of its headers. Over it: 408. */
  readonly headersMs: number;
  /** From the first byte of a request to the end of its body. Over it: 408. */
  readonly requestMs: number;
  /** From the arrival of a whole request to its answer. Over it: 504. */
  readonly deadlineMs: number;
  /** How long a connection may stay open between two requests. */
  readonly idleMs: number;
  /** How long a client may take next to nothing of an answer. Its connection is closed then. */
  readonly stalledMs: number;
  /** How many connections may be open. More are answered with 503 and closed. */
  readonly connections: number;
  /** How many of one address, or one /64 of IPv6. More are answered with 429 and closed. */
  readonly connectionsPerAddress: number;
  /** How many requests one connection may carry; the last answer says that it is. */
  readonly requestsPerConnection: number;
  /** How many requests may wait for an earlier one on their connection. More are answered with 429. */
  readonly pipelined: number;
  /** How many calls may be under way. Over it: 503; from four fifths of it for strangers. */
  readonly inFlight: number;
  /** The 99th percentile of the event loop's delay above which requests are refused with 503. */
  readonly eventLoopMs: number;
}

/** Idle connections outlive the 60 s of common load balancers, so that it is they who close first. */
export const defaultLimits: Limits = {
  urlBytes: 2_048,
  headerBytes: 8_192,
  headers: 100,
  parameters: 100,
  bodyBytes: 102_400,
  depth: 32,
  keys: 1_000,
  items: 1_000,
  characters: 10_000,
  headersMs: 10_000,
  requestMs: 30_000,
  deadlineMs: 10_000,
  idleMs: 72_000,
  stalledMs: 10_000,
  connections: 10_000,
  connectionsPerAddress: 500,
  requestsPerConnection: 10_000,
  pipelined: 16,
  inFlight: 1_000,
  eventLoopMs: 100,
};

/**
 * The limits of one gateway. Those that share a gateway out between strangers do not hold where only this machine reaches it:
 * whoever develops, tests or measures there is one address, on a machine that does other things too. Behind proxies
 * every connection is theirs.
 */
export function limitsOf(
  given: Partial<Limits> | undefined,
  { reachedByOthers, trustedProxies }: { readonly reachedByOthers: boolean; readonly trustedProxies: number },
): Limits {
  return {
    ...defaultLimits,
    ...(reachedByOthers ? {} : { eventLoopMs: Infinity }),
    ...(reachedByOthers && trustedProxies === 0 ? {} : { connectionsPerAddress: Infinity }),
    ...given,
  };
}
