import type {
  Attributes as OtelAttributes,
  AttributeValue,
  Exception,
  Link,
  Span as OtelSpan,
  SpanContext,
  SpanOptions,
  SpanStatus,
  TimeInput,
} from "@opentelemetry/api";
import type { Attributes, Span, SpanKind, SpanType } from "@kerf/runtime/telemetry";
import type { Scope } from "../otlp/scope.ts";

/** Of one span of a library; what is more is dropped. */
const attributesAtMost = 128;
const eventsAtMost = 128;

export interface SpanEvent {
  readonly name: string;
  /** By `performance.now()`. */
  readonly atMs: number;
  readonly attributes: OtelAttributes;
}

const kinds: readonly SpanKind[] = ["internal", "server", "client", "producer", "consumer"];

/** What a span of a library is to the recorder, by its kind. */
const types = new Map<SpanKind, SpanType<ApiSpan>>(
  kinds.map((kind) => [
    kind,
    {
      kind,
      service: ({ service }) => service,
      name: ({ name }) => name,
      attributes: (span) => span.attributes as Attributes,
    },
  ]),
);

/** A span that an instrumented library made. */
export class ApiSpan implements OtelSpan {
  name: string;
  readonly service: string;
  readonly scope: Scope;
  readonly links: Link[];
  status: SpanStatus = { code: 0 };
  readonly #attributes = new Map<string, AttributeValue>();
  readonly #events: SpanEvent[] = [];
  #span: Span | undefined;
  #traceparent = "";

  constructor(
    name: string,
    { attributes, links }: SpanOptions,
    service: string,
    scope: Scope,
    begin: (type: SpanType<ApiSpan>, about: ApiSpan) => Span,
    kind = 0,
  ) {
    this.name = name;
    this.service = service;
    this.scope = scope;
    this.links = [...(links ?? [])];
    if (attributes) this.setAttributes(attributes);
    this.#span = begin(types.get(kinds[kind] ?? "internal")!, this);
    this.#traceparent = this.#span.traceparent;
  }

  get attributes(): OtelAttributes {
    return Object.fromEntries(this.#attributes);
  }

  get events(): readonly SpanEvent[] {
    return this.#events;
  }

  spanContext(): SpanContext {
    const text = this.#traceparent;
    return {
      traceId: text.slice(3, 35),
      spanId: text.slice(36, 52),
      traceFlags: Number.parseInt(text.slice(53), 16),
    };
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.#attributes.size < attributesAtMost || this.#attributes.has(key))
      this.#attributes.set(key, value);
    return this;
  }

  setAttributes(attributes: OtelAttributes): this {
    for (const [key, value] of Object.entries(attributes))
      if (value !== undefined) this.setAttribute(key, value);
    return this;
  }

  addEvent(name: string, attributes?: OtelAttributes | TimeInput): this {
    const given = typeof attributes === "object" && !isTime(attributes) ? attributes : {};
    if (this.#events.length < eventsAtMost)
      this.#events.push({ name, atMs: performance.now(), attributes: given });
    return this;
  }

  addLink(link: Link): this {
    this.links.push(link);
    return this;
  }

  addLinks(links: Link[]): this {
    this.links.push(...links);
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.status = status;
    return this;
  }

  updateName(name: string): this {
    this.name = name;
    return this;
  }

  end(): void {
    const span = this.#span;
    this.#span = undefined;
    if (this.status.code !== 2) return span?.end();
    const { message } = this.status;
    span?.end({ type: "error", fault: true, ...(message === undefined ? {} : { message }) });
  }

  isRecording(): boolean {
    return this.#span !== undefined;
  }

  recordException(exception: Exception): void {
    const type = typeof exception === "string" ? "Error" : (exception.name ?? "Error");
    const message = typeof exception === "string" ? exception : exception.message;
    this.addEvent("exception", {
      "exception.type": String(type),
      ...(message === undefined ? {} : { "exception.message": message }),
    });
  }
}

function isTime(value: object): value is Date | [number, number] {
  return value instanceof Date || Array.isArray(value);
}
