import { failureOf } from "./failure.ts";
import type { Span, SpanType, Telemetry } from "./telemetry.ts";

/** Does work within a span of `parent`, with its context; without telemetry, in `parent` itself. */
export async function during<About, T>(
  telemetry: Telemetry | undefined,
  type: SpanType<About>,
  about: About,
  parent: string,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  if (telemetry === undefined) return work(parent);
  return within(telemetry.begin(type, about, parent), work);
}

/** Does work as the first span of a trace. */
export function duringRoot<About, T>(
  telemetry: Telemetry,
  type: SpanType<About>,
  about: About,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  return within(telemetry.beginRoot(type, about, telemetry.root()), work);
}

async function within<T>(span: Span, work: (traceparent: string) => Promise<T>): Promise<T> {
  try {
    const result = await work(span.traceparent);
    span.end();
    return result;
  } catch (error) {
    span.end(failureOf(error));
    throw error;
  }
}
