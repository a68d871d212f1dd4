/** What a stranger may send, and for how long they are waited for. */
export interface Limits {
  /** The request's target, path and query together. Over it: 414. */
  readonly urlBytes: number;
  /** The request line and all headers together. Over it: 431. */
  readonly headerBytes: number;
  /** A body. Over it: 413. */
  readonly bodyBytes: number;
  /** How deep arrays and objects of a body may lie in each other. */
  readonly depth: number;
  /** From the first byte of a request, or the opening of its connection, to the end of its headers. Over it: 408. */
  readonly headersMs: number;
  /** From the first byte of a request to the end of its body. Over it: 408. */
  readonly requestMs: number;
  /** From the arrival of a whole request to its answer. Over it: 504. */
  readonly deadlineMs: number;
  /** How long a connection may stay open between two requests. */
  readonly idleMs: number;
}

/** Idle connections outlive the 60 s of common load balancers, so that it is they who close first. */
export const defaultLimits: Limits = {
  urlBytes: 2_048,
  headerBytes: 8_192,
  bodyBytes: 102_400,
  depth: 32,
  headersMs: 10_000,
  requestMs: 30_000,
  deadlineMs: 10_000,
  idleMs: 72_000,
};
