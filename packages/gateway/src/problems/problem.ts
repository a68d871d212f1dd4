import { memberNameOf, serviceNameOf, StatusError, type DeclaredError, type Violation } from "kerf";
import {
  DECLARED_STATUS,
  declaredProblemType,
  problemKinds,
  problemOfStatus,
  type ProblemKind,
  type ProblemName,
} from "./catalogue.ts";

/** Why a request is not answered with what it asked for; made into a response by {@link problemBody} and its headers. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Extension members of the problem document. */
  readonly extensions: { readonly [member: string]: unknown };
  readonly headers: { readonly [name: string]: string };
  /** For the log, never for the client. */
  readonly cause: unknown;
}

interface ProblemParts {
  readonly detail?: string;
  readonly errors?: readonly Violation[];
  readonly headers?: { readonly [name: string]: string };
  readonly cause?: unknown;
}

/** How long a client is asked to wait where the error does not say. */
const RETRY_AFTER_MS = 1_000;

/** A problem of the catalogue. */
export function problem(name: ProblemName, parts: ProblemParts = {}): Problem {
  const kind: ProblemKind = problemKinds[name];
  return {
    type: `/problems/${name}`,
    title: kind.title,
    status: kind.status,
    detail: parts.detail ?? kind.meaning,
    extensions: parts.errors === undefined ? {} : { errors: parts.errors },
    headers: parts.headers ?? {},
    cause: parts.cause,
  };
}

/** The problem of a status error. What failed inside (5xx) is not told to strangers: it stands in the log. */
export function problemOfStatusError(error: StatusError): Problem {
  const name = problemOfStatus[error.code];
  const { status, meaning } = problemKinds[name];
  const headers: { [name: string]: string } = {};
  if (status === 401) headers["www-authenticate"] = "Bearer";
  if (status === 499) headers["connection"] = "close";
  if (error.retryAfterMs !== undefined || status === 503 || status === 429 || error.code === "ABORTED") {
    headers["retry-after"] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? RETRY_AFTER_MS) / 1_000)));
  }
  return problem(name, {
    detail: status >= 500 || error.message === "" ? meaning : error.message,
    ...(error.violations.length === 0 || status >= 500 ? {} : { errors: error.violations }),
    headers,
    cause: error,
  });
}

/** The problem of a declared error: its code and data are members of the document. */
export function problemOfDeclaredError(error: DeclaredError, data: unknown): Problem {
  return {
    type: declaredProblemType(serviceNameOf(error.member), error.code),
    title: error.code,
    status: DECLARED_STATUS,
    detail: `${serviceNameOf(error.member)}.${memberNameOf(error.member)} was refused: ${error.code}`,
    extensions: { code: error.code, data },
    headers: {},
    cause: undefined,
  };
}

/** The document, as JSON text. `instance` is the request's path, without its query: that may hold secrets. */
export function problemBody(value: Problem, instance: string, traceId: string): string {
  const { type, title, status, detail, extensions } = value;
  return JSON.stringify({ type, title, status, detail, instance, traceId, ...extensions });
}

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** The headers of a problem's response. */
export function problemHeaders(value: Problem, traceparent: string): { [name: string]: string } {
  return {
    "content-type": PROBLEM_TYPE,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    traceparent,
    ...value.headers,
  };
}

/** `/v1/stock/7` of `/v1/stock/7?full=true`. */
export function pathOf(url: string): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}
