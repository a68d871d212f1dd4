import type { StatusCode } from "kerf";

/** One row of the catalogue: everything about a problem that is the same each time it occurs. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What it means and what to do about it; stands in for a detail where there is none. */
  readonly meaning: string;
}

/**
 * Every problem that the gateway can answer with, declared errors aside. The names are promises to clients:
 * `type` is `/problems/<name>`.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const problemKinds = {
  "malformed-request": {
    status: 400,
    title: "Malformed request",
    meaning: "The request is not well-formed HTTP or JSON, or is written in a way that is not accepted here.",
  },
  "invalid-input": {
    status: 400,
    title: "Invalid input",
    meaning: "Fields of the path, query or body do not fit the contract. `errors` says which and why.",
  },
  "out-of-range": {
    status: 400,
    title: "Out of range",
    meaning: "A value is well-formed but lies past the end of what there is.",
  },
  unauthenticated: {
    status: 401,
    title: "Not authenticated",
    meaning: "This needs to know who asks. Send a valid credential in the Authorization header.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    meaning: "Who asks is known, but may not do this.",
  },
  "no-such-route": {
    status: 404,
    title: "No such route",
    meaning: "Nothing answers at this path. /openapi.json lists every path.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    meaning: "The route exists, but what it was asked for does not.",
  },
  gone: {
    status: 410,
    title: "Gone",
    meaning: "This version is no longer served. The Link header says what is there instead.",
  },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    meaning: "The path exists, but not with this method. The Allow header lists those that it has.",
  },
  "request-timeout": {
    status: 408,
    title: "Request too slow",
    meaning: "The request did not arrive in full in time. Nothing was done.",
  },
  "already-exists": {
    status: 409,
    title: "Already exists",
    meaning: "What should be made is there already.",
  },
  "in-progress": {
    status: 409,
    title: "Still in progress",
    meaning:
      "The same command, or one that it competes with, is still running. Repeat it with the same Idempotency-Key after the time in Retry-After.",
  },
  "body-too-large": {
    status: 413,
    title: "Body too large",
    meaning: "The body is longer than is accepted here. Nothing was done.",
  },
  "url-too-long": {
    status: 414,
    title: "URL too long",
    meaning: "Path and query together are longer than is accepted here. Nothing was done.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported media type",
    meaning: "Bodies are JSON in UTF-8 without compression: content-type application/json.",
  },
  "failed-precondition": {
    status: 422,
    title: "Precondition failed",
    meaning:
      "The system is not in a state for this; of a command: the Idempotency-Key was used before with another input. Repeating it unchanged will not help.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    meaning: "A limit is used up. Wait for the time in Retry-After.",
  },
  "headers-too-large": {
    status: 431,
    title: "Headers too large",
    meaning: "The request line and headers together are longer than is accepted here. Nothing was done.",
  },
  cancelled: {
    status: 499,
    title: "Cancelled",
    meaning: "The call was given up before it ended. That does not mean that it had no effect.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    meaning: "Something failed inside. It is logged under the trace id.",
  },
  unimplemented: {
    status: 501,
    title: "Not implemented",
    meaning: "The service that runs at the moment does not know this operation.",
  },
  "legacy-unreachable": {
    status: 502,
    title: "Bad gateway",
    meaning:
      "The application behind the gateway cannot be reached, or broke off. That does not mean that nothing happened.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    meaning:
      "There is more to do than can be done in time. Nothing was done. Repeat it after the time in Retry-After.",
  },
  unavailable: {
    status: 503,
    title: "Unavailable",
    meaning:
      "A part that is needed cannot be reached. That does not mean that nothing happened: repeat a command with the same Idempotency-Key.",
  },
  "deadline-exceeded": {
    status: 504,
    title: "Deadline exceeded",
    meaning:
      "There was no answer in time. That does not mean that nothing happened: repeat a command with the same Idempotency-Key.",
  },
  "legacy-timeout": {
    status: 504,
    title: "Gateway timeout",
    meaning:
      "The application behind the gateway did not answer in time. That does not mean that nothing happened.",
  },
  "loop-detected": {
    status: 508,
    title: "Loop detected",
    meaning:
      "The application behind the gateway is the gateway itself: its address is not set as it should be.",
  },
} as const satisfies { readonly [name: string]: ProblemKind };

export type ProblemName = keyof typeof problemKinds;

/** Google's mapping of gRPC codes to HTTP, but for FAILED_PRECONDITION (422, as the Idempotency-Key draft asks). */
export const problemOfStatus: { readonly [code in StatusCode]: ProblemName } = {
  CANCELLED: "cancelled",
  UNKNOWN: "internal",
  INVALID_ARGUMENT: "invalid-input",
  DEADLINE_EXCEEDED: "deadline-exceeded",
  NOT_FOUND: "not-found",
  ALREADY_EXISTS: "already-exists",
  PERMISSION_DENIED: "forbidden",
  RESOURCE_EXHAUSTED: "too-many-requests",
  FAILED_PRECONDITION: "failed-precondition",
  ABORTED: "in-progress",
  OUT_OF_RANGE: "out-of-range",
  UNIMPLEMENTED: "unimplemented",
  INTERNAL: "internal",
  UNAVAILABLE: "unavailable",
  DATA_LOSS: "internal",
  UNAUTHENTICATED: "unauthenticated",
};

/** The problem type of a declared error, `/problems/<contract>/<Code>`: the same in every version of the contract. */
export function declaredProblemType(contract: string, code: string): string {
  return `/problems/${contract}/${encodeURIComponent(code)}`;
}

export const DECLARED_STATUS = 409;
