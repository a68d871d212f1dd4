import type { Attributes } from "@opentelemetry/api";
import { hrTime } from "./hr-time.ts";
import type { Scope } from "./scope.ts";
import { kinds, type ResourceOf, type SpanEncoder, unixTimeOfStart } from "./span-encoder.ts";
import type { SpanFacts } from "./span-facts.ts";

interface Group {
  readonly resource: object;
  readonly scope: Scope;
  readonly spans: string[];
}

/**
 * Writes spans as they end as JSON: 64-bit numbers as text, ids in hexadecimal.
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export class JsonSpans implements SpanEncoder {
  readonly #resourceOf: ResourceOf;
  readonly #beganAt: () => number;
  #groups = new Map<string, Group>();
  #startedAt = 0;
  #size = 0;

  constructor(resourceOf: ResourceOf, beganAt: () => number = unixTimeOfStart) {
    this.#resourceOf = resourceOf;
    this.#beganAt = beganAt;
  }

  get size(): number {
    return this.#size;
  }

  add(facts: SpanFacts): void {
    if (this.#size === 0) this.#startedAt = this.#beganAt();
    const text = JSON.stringify(this.#span(facts));
    this.#groupOf(facts.service, facts.scope).spans.push(text);
    this.#size += text.length;
  }

  take(): Uint8Array {
    const all = [...this.#groups.values()].map(
      ({ resource, scope, spans }) =>
        `{"resource":${JSON.stringify(resource)},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[${spans.join()}]}]}`,
    );
    this.#groups = new Map();
    this.#size = 0;
    return Buffer.from(`{"resourceSpans":[${all.join()}]}`);
  }

  #groupOf(service: string, { name, version }: Scope): Group {
    const key = `${service}\n${name}\n${version ?? ""}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      const resource = { attributes: pairs(this.#resourceOf(service)) };
      this.#groups.set(key, (group = { resource, scope: { name, version }, spans: [] }));
    }
    return group;
  }

  #span({ traceId, id, parentId, name, kind, startMs, endMs, ...more }: SpanFacts): object {
    const { dropped, events, links, status } = more;
    return {
      traceId,
      spanId: id,
      parentSpanId: parentId,
      name,
      kind: kinds[kind],
      startTimeUnixNano: nanoseconds(this.#startedAt + startMs),
      endTimeUnixNano: nanoseconds(this.#startedAt + endMs),
      attributes: pairs({ ...more.alike, ...more.attributes }),
      droppedAttributesCount: dropped.attributes,
      events: events.map((event) => ({
        timeUnixNano: nanoseconds(this.#startedAt + event.atMs),
        name: event.name,
        attributes: pairs(event.attributes),
      })),
      droppedEventsCount: dropped.events,
      links: links.map((link) => ({
        traceId: link.traceId,
        spanId: link.id,
        attributes: pairs(link.attributes),
        flags: 1,
      })),
      droppedLinksCount: dropped.links,
      status: { code: status.code, message: status.message },
      flags: 1,
    };
  }
}

function nanoseconds(ms: number): string {
  const [seconds, nanos] = hrTime(ms);
  return `${seconds}${String(nanos).padStart(9, "0")}`;
}

function pairs(attributes: Attributes): object[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return numberOf(value);
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(valueOf) } };
  if (typeof value === "object" && value !== null)
    return { kvlistValue: { values: pairs(value as Attributes) } };
  return {};
}

/** JSON has no number for the last three that protobuf has: https://protobuf.dev/programming-guides/json/ */
function numberOf(value: number): object {
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}
