import { createContextKey, propagation, ROOT_CONTEXT, trace, type Context } from "@opentelemetry/api";
import { decodeBaggage } from "./baggage.ts";

/** Under which a context says which service works in it. */
export const SERVICE = createContextKey("kerf service");

/** The context of work of ours: what OpenTelemetry makes of it, it makes when a library asks. */
export class WorkContext implements Context {
  readonly #traceparent: string;
  readonly #service: string;
  readonly #baggage: string | undefined;
  #made: Context | undefined;

  constructor(traceparent: string, service: string, baggage: string | undefined) {
    this.#traceparent = traceparent;
    this.#service = service;
    this.#baggage = baggage;
  }

  getValue(key: symbol): unknown {
    return this.#context.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#context.setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#context.deleteValue(key);
  }

  get #context(): Context {
    return (this.#made ??= this.#make());
  }

  #make(): Context {
    const text = this.#traceparent;
    const context = trace.setSpanContext(ROOT_CONTEXT.setValue(SERVICE, this.#service), {
      traceId: text.slice(3, 35),
      spanId: text.slice(36, 52),
      traceFlags: Number.parseInt(text.slice(53), 16),
    });
    return this.#baggage === undefined
      ? context
      : propagation.setBaggage(context, decodeBaggage(this.#baggage));
  }
}
