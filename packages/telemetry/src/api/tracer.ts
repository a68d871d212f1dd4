import {
  context as contexts,
  INVALID_SPAN_CONTEXT,
  trace,
  type Context,
  type Span as OtelSpan,
  type SpanOptions,
  type Tracer,
} from "@opentelemetry/api";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type { Scope } from "../otlp/scope.ts";
import { SERVICE } from "./context.ts";
import { ApiSpan } from "./span.ts";

/** Where spans of libraries go; undefined while nothing is open. */
type Recording = () => { readonly telemetry: Telemetry; readonly service: string } | undefined;

/** Gives an instrumented library spans that stand among ours. */
export class KerfTracer implements Tracer {
  readonly #scope: Scope;
  readonly #recording: Recording;

  constructor(scope: Scope, recording: Recording) {
    this.#scope = scope;
    this.#recording = recording;
  }

  startSpan(name: string, options: SpanOptions = {}, within: Context = contexts.active()): OtelSpan {
    const parent = options.root ? undefined : trace.getSpanContext(within);
    const recording = this.#recording();
    if (recording === undefined) return trace.wrapSpanContext(parent ?? INVALID_SPAN_CONTEXT);
    const { telemetry } = recording;
    const service = (within.getValue(SERVICE) as string | undefined) ?? recording.service;
    return new ApiSpan(
      name,
      options,
      service,
      this.#scope,
      (type, about) =>
        parent === undefined
          ? telemetry.beginRoot(type, about, telemetry.root())
          : telemetry.begin(
              type,
              about,
              `00-${parent.traceId}-${parent.spanId}-${parent.traceFlags & 1 ? "01" : "00"}`,
            ),
      options.kind,
    );
  }

  startActiveSpan<F extends (span: OtelSpan) => unknown>(
    name: string,
    ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]
  ): ReturnType<F> {
    const work = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const within = rest.length > 2 ? (rest[1] as Context) : contexts.active();
    const span = this.startSpan(name, options, within);
    return contexts.with(trace.setSpan(within, span), () => work(span)) as ReturnType<F>;
  }
}
