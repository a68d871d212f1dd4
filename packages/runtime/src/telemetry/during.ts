import { failureOf } from "./failure.ts";
import type { Span, SpanType, Telemetry } from "./telemetry.ts";

/** Does work within a span of `parent`, with its context; without telemetry, in `parent` itself. */
export async function during<About, T>(
  telemetry: Telemetry | undefined,
  type: SpanType<About>,
  about: About,
  parent: string,
  work: (traceparent: string) => Promise<T>,
  baggage?: string,
): Promise<T> {
  if (telemetry === undefined) return work(parent);
  return within(telemetry, telemetry.begin(type, about, parent), type.service(about), work, baggage);
}

/** Does work as the first span of a trace. */
export function duringRoot<About, T>(
  telemetry: Telemetry,
  type: SpanType<About>,
  about: About,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  const span = telemetry.beginRoot(type, about, telemetry.root());
  return within(telemetry, span, type.service(about), work);
}

async function within<T>(
  { enter }: Telemetry,
  span: Span,
  service: string,
  work: (traceparent: string) => Promise<T>,
  baggage?: string,
): Promise<T> {
  const { traceparent } = span;
  try {
    const result = await (enter
      ? enter(traceparent, service, () => work(traceparent), baggage)
      : work(traceparent));
    span.end();
    return result;
  } catch (error) {
    span.end(failureOf(error));
    throw error;
  }
}
