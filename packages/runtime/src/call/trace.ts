import { randomBytes } from "node:crypto";

/** W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context/). */
const pattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

let pool = randomBytes(4096);
let used = 0;

/** Random bytes in batches: one call for each id would cost a microsecond. */
function hex(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  const text = pool.toString("hex", used, used + bytes);
  used += bytes;
  return text;
}

/** A `traceparent` that begins a trace. */
export function newTrace(): string {
  return `00-${hex(16)}-${hex(8)}-01`;
}

/** `text` where it is a `traceparent`. */
export function contextOf(text: string | undefined): string | undefined {
  return text !== undefined && pattern.test(text) ? text : undefined;
}

/** A new span in the trace of `parent`; a trace of its own where `parent` is none. */
export function childOf(parent: string | undefined): string {
  return parent !== undefined && pattern.test(parent)
    ? `${parent.slice(0, 36)}${hex(8)}${parent.slice(52)}`
    : newTrace();
}

/** The 32 hexadecimal digits that name the trace. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** What a line of the log says of where it was written: the trace, and the 16 hexadecimal digits that name the span. */
export function traceFields(traceparent: string): { readonly traceId: string; readonly spanId: string } {
  return { traceId: traceIdOf(traceparent), spanId: traceparent.slice(36, 52) };
}
