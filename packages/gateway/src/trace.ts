import { randomFillSync } from "node:crypto";

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
const ID_BYTES = TRACE_BYTES + SPAN_BYTES;

// Random bytes cost a system call: fetched for 256 requests at once.
const pool = Buffer.allocUnsafe(ID_BYTES * 256);
let next = pool.length;

/**
 * A new sampled trace context, `00-<trace>-<span>-01`. Every request from outside gets one of its own: a trace id that
 * a stranger chose would let them write into other people's traces.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function newTraceparent(): string {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  const at = next;
  next += ID_BYTES;
  const hex = pool.toString("hex", at, next);
  return `00-${hex.slice(0, TRACE_BYTES * 2)}-${hex.slice(TRACE_BYTES * 2)}-01`;
}

/** The 32 hexadecimal digits of the trace id. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
