import {
  context as contexts,
  trace,
  type Context,
  type Span as OtelSpan,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type { Scope } from "../otlp/scope.ts";
import { SERVICE } from "./context.ts";
import { ApiSpan } from "./span.ts";

/** Gives instrumented libraries tracers whose spans stand among ours. `otherwise`: the service of work that is nobody's. */
export function tracerProvider(telemetry: Telemetry, otherwise: string): TracerProvider {
  return {
    getTracer: (name, version) =>
      new KerfTracer(telemetry, version === undefined ? { name } : { name, version }, otherwise),
  };
}

class KerfTracer implements Tracer {
  readonly #telemetry: Telemetry;
  readonly #scope: Scope;
  readonly #otherwise: string;

  constructor(telemetry: Telemetry, scope: Scope, otherwise: string) {
    this.#telemetry = telemetry;
    this.#scope = scope;
    this.#otherwise = otherwise;
  }

  startSpan(name: string, options: SpanOptions = {}, within: Context = contexts.active()): OtelSpan {
    const parent = options.root ? undefined : trace.getSpanContext(within);
    const service = (within.getValue(SERVICE) as string | undefined) ?? this.#otherwise;
    const telemetry = this.#telemetry;
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
