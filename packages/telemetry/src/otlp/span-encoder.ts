import type { Attributes } from "@opentelemetry/api";
import type { SpanKind } from "@kerf/runtime/telemetry";
import type { SpanFacts } from "./span-facts.ts";

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
export const kinds: Readonly<Record<SpanKind, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};

/** Writes spans, one after the other, into what one request to a receiver of OTLP carries. */
export interface SpanEncoder {
  /** About so many bytes have been written. */
  readonly size: number;
  /** @throws Error for one that is larger than any receiver would take; nothing of it is written then */
  add(facts: SpanFacts): void;
  /** The body of the request. What comes next is for the next one. */
  take(): Uint8Array;
}

/** What is told of the service that a span is of. */
export type ResourceOf = (service: string) => Attributes;

/** Unix milliseconds of `performance.now() === 0`: asked for each batch anew, since the clock may have been set meanwhile. */
export function unixTimeOfStart(): number {
  return Date.now() - performance.now();
}
