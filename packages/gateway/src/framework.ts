import { StatusError } from "kerf";
import { problem, problemOfStatusError, type Problem } from "./problems/problem.ts";

/** The problem of what Fastify refused, or of what a handler of the gateway's own pages threw. */
export function problemOfFrameworkError(error: unknown): Problem {
  const { statusCode = 500 } = error as { statusCode?: number };
  return statusCode >= 400 && statusCode < 500
    ? problem("malformed-request")
    : problemOfStatusError(StatusError.from(error));
}
