import { createContextKey, ROOT_CONTEXT, trace, type Context } from "@opentelemetry/api";

/** Under which a context says which service works in it. */
export const SERVICE = createContextKey("kerf service");

/** The context of work of ours: what OpenTelemetry makes of it, it makes when a library asks. */
export class WorkContext implements Context {
  readonly #traceparent: string;
  readonly #service: string;
  #made: Context | undefined;

  constructor(traceparent: string, service: string) {
    this.#traceparent = traceparent;
    this.#service = service;
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
    const text = this.#traceparent;
    this.#made ??= trace.setSpanContext(ROOT_CONTEXT.setValue(SERVICE, this.#service), {
      traceId: text.slice(3, 35),
      spanId: text.slice(36, 52),
      traceFlags: Number.parseInt(text.slice(53), 16),
    });
    return this.#made;
  }
}
