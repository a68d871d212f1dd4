import { randomFillSync } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

// Random bytes cost a system call, and writing them as text a call into C++: both are done for 256 requests at once.
const pool = Buffer.allocUnsafe(((TRACE_DIGITS + SPAN_DIGITS) / 2) * 256);
let digits = "";
let next = 0;

/**
 * A new sampled trace context, `00-<trace>-<span>-01`. Every request from outside gets one of its own: a trace id that
 * a stranger chose would let them write into other people's traces.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function newTraceparent(): string {
  if (next === digits.length) {
    digits = randomFillSync(pool).toString("hex");
    next = 0;
  }
  const spanAt = next + TRACE_DIGITS;
  const traceId = digits.slice(next, spanAt);
  next = spanAt + SPAN_DIGITS;
  return `00-${traceId}-${digits.slice(spanAt, next)}-01`;
}

/** A client that knows of traces is told in which one its request was: it is not the one that it sent. */
export function tracesItself({ headers }: { readonly headers: IncomingHttpHeaders }): boolean {
  return headers["traceparent"] !== undefined;
}

/** The 32 hexadecimal digits of the trace id. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
