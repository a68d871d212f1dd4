import { ByteWriter } from "@kerf/runtime/proto";
import type { Attributes } from "@opentelemetry/api";
import type { SpanEvent } from "../api/span.ts";
import { writeAttributes } from "./protobuf-values.ts";
import { kinds, type ResourceOf, type SpanEncoder, unixTimeOfStart } from "./span-encoder.ts";
import type { SpanFacts, SpanLink, SpanStatus } from "./span-facts.ts";
import { SCOPE, type Scope } from "./scope.ts";

/** In front of a field: its number, and how it is written (2: with a length, 0: a number, 1 and 5: in 8 and 4 bytes). */
const tag = (field: number, wire: 0 | 1 | 2 | 5): number => (field << 3) | wire;
/** The context of a span was chosen to be kept: https://www.w3.org/TR/trace-context/#trace-flags */
const SAMPLED = 1;

/** For what is short. */
const scratch = new ByteWriter();

const TWO_TO_32 = 4_294_967_296;

/** Services and scopes for which a place to write is kept. */
const groupsAtMost = 1_000;

/** Spans of one service and one scope. */
interface Group {
  /** What stands in front of them, written. */
  readonly resource: Uint8Array;
  readonly scope: Uint8Array;
  readonly spans: ByteWriter;
}

/**
 * Writes spans as they end straight into protobuf. OpenTelemetry's own serialisation takes objects that must be made for it and
 * kept until a batch is sent: to make them, go through them twice and collect them cost several times what recording does.
 * @see https://opentelemetry.io/docs/specs/otlp/
 */
export class ProtobufSpans implements SpanEncoder {
  readonly #resourceOf: ResourceOf;
  readonly #beganAt: () => number;
  readonly #groups = new Map<string, Group>();
  readonly #alike = new WeakMap<Attributes, Uint8Array>();
  /** Unix nanoseconds of `performance.now() === 0`, in halves: no number holds them. */
  #beganLow = 0;
  #beganHigh = 0;
  /** Spans of one trace mostly come one after the other. */
  #lastTraceId = "";
  #lastTraceIdWritten: Uint8Array = Buffer.alloc(16);
  #size = 0;

  constructor(resourceOf: ResourceOf, beganAt: () => number = unixTimeOfStart) {
    this.#resourceOf = resourceOf;
    this.#beganAt = beganAt;
  }

  get size(): number {
    return this.#size;
  }

  add(facts: SpanFacts): void {
    if (this.#size === 0) this.#setBegan();
    const { spans } = this.#groupOf(facts.service, facts.scope);
    const before = spans.length;
    try {
      this.#write(spans, facts);
    } catch (error) {
      spans.truncate(before);
      throw error;
    }
    this.#size += spans.length - before;
  }

  take(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const { resource, scope, spans } of this.#groups.values()) {
      if (spans.length === 0) continue;
      const written = spans.take();
      const scopeSpans = front(tag(2, 2), scope.length + written.length);
      const length = resource.length + scopeSpans.length + scope.length + written.length;
      parts.push(front(tag(1, 2), length), resource, scopeSpans, scope, written);
    }
    if (this.#groups.size > groupsAtMost) this.#groups.clear();
    this.#size = 0;
    return Buffer.concat(parts);
  }

  #groupOf(service: string, scope: Scope): Group {
    const key = scope === SCOPE ? service : `${service}\n${scope.name}\n${scope.version ?? ""}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      const resource = message(tag(1, 2), (to) => writeAttributes(to, this.#resourceOf(service), tag(1, 2)));
      group = { resource, scope: message(tag(1, 2), (to) => writeScope(to, scope)), spans: new ByteWriter() };
      this.#groups.set(key, group);
    }
    return group;
  }

  #write(to: ByteWriter, facts: SpanFacts): void {
    to.uint32(tag(2, 2));
    const span = to.open();
    to.uint32(tag(1, 2));
    to.bytes(this.#traceId(facts.traceId));
    to.uint32(tag(2, 2));
    to.hex(facts.id);
    if (facts.parentId !== undefined) {
      to.uint32(tag(4, 2));
      to.hex(facts.parentId);
    }
    to.uint32(tag(5, 2));
    to.string(facts.name);
    to.uint32(tag(6, 0));
    to.uint32(kinds[facts.kind]);
    to.uint32(tag(7, 1));
    this.#writeTime(to, facts.startMs);
    to.uint32(tag(8, 1));
    this.#writeTime(to, facts.endMs);
    if (facts.alike !== undefined) to.raw(this.#written(facts.alike));
    writeAttributes(to, facts.attributes, tag(9, 2));
    writeCount(to, tag(10, 0), facts.dropped.attributes);
    for (const event of facts.events) this.#writeEvent(to, event);
    writeCount(to, tag(12, 0), facts.dropped.events);
    for (const link of facts.links) writeLink(to, link);
    writeCount(to, tag(14, 0), facts.dropped.links);
    writeStatus(to, facts.status);
    to.uint32(tag(16, 5));
    to.fixed32(SAMPLED);
    to.close(span);
  }

  #setBegan(): void {
    const ms = this.#beganAt();
    const whole = Math.floor(ms);
    const nanos = BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
    this.#beganLow = Number(nanos & 0xffff_ffffn);
    this.#beganHigh = Number(nanos >> 32n);
  }

  /** Milliseconds since the process began, as Unix nanoseconds. */
  #writeTime(to: ByteWriter, ms: number): void {
    const nanos = Math.round(ms * 1e6);
    const over = Math.floor(nanos / TWO_TO_32);
    const low = this.#beganLow + (nanos - over * TWO_TO_32);
    if (low < TWO_TO_32) to.fixed64(low, this.#beganHigh + over);
    else to.fixed64(low - TWO_TO_32, this.#beganHigh + over + 1);
  }

  #traceId(id: string): Uint8Array {
    if (id !== this.#lastTraceId) {
      this.#lastTraceId = id;
      this.#lastTraceIdWritten = Buffer.from(id, "hex");
    }
    return this.#lastTraceIdWritten;
  }

  #written(alike: Attributes): Uint8Array {
    let written = this.#alike.get(alike);
    if (written === undefined) {
      scratch.reset();
      writeAttributes(scratch, alike, tag(9, 2));
      this.#alike.set(alike, (written = scratch.take()));
    }
    return written;
  }

  #writeEvent(to: ByteWriter, { name, atMs, attributes }: SpanEvent): void {
    to.uint32(tag(11, 2));
    const event = to.open();
    to.uint32(tag(1, 1));
    this.#writeTime(to, atMs);
    to.uint32(tag(2, 2));
    to.string(name);
    writeAttributes(to, attributes, tag(3, 2));
    to.close(event);
  }
}

function writeLink(to: ByteWriter, { traceId, id, attributes }: SpanLink): void {
  to.uint32(tag(13, 2));
  const link = to.open();
  to.uint32(tag(1, 2));
  to.hex(traceId);
  to.uint32(tag(2, 2));
  to.hex(id);
  writeAttributes(to, attributes, tag(4, 2));
  to.uint32(tag(6, 5));
  to.fixed32(SAMPLED);
  to.close(link);
}

function writeStatus(to: ByteWriter, { code, message: text }: SpanStatus): void {
  if (code === 0) return;
  to.uint32(tag(15, 2));
  const status = to.open();
  if (text !== undefined) {
    to.uint32(tag(2, 2));
    to.string(text);
  }
  to.uint32(tag(3, 0));
  to.uint32(code);
  to.close(status);
}

function writeScope(to: ByteWriter, { name, version }: Scope): void {
  to.uint32(tag(1, 2));
  to.string(name);
  if (version === undefined) return;
  to.uint32(tag(2, 2));
  to.string(version);
}

function writeCount(to: ByteWriter, tagOf: number, count: number): void {
  if (count === 0) return;
  to.uint32(tagOf);
  to.uint32(count);
}

/** A message of a field, with its tag and length. */
function message(tagOf: number, write: (to: ByteWriter) => void): Uint8Array {
  scratch.reset();
  scratch.uint32(tagOf);
  const start = scratch.open();
  write(scratch);
  scratch.close(start);
  return scratch.take();
}

/** What stands in front of a message of so many bytes. */
function front(tagOf: number, length: number): Uint8Array {
  scratch.reset();
  scratch.uint32(tagOf);
  scratch.uint32(length);
  return scratch.take();
}
