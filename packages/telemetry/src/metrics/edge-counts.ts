import type { Attributes, EdgeFacts, Failure } from "@kerf/runtime/telemetry";
import { byteBounds, durationBounds, Histogram } from "./histogram.ts";

/** Every so many calls of an edge are encoded to be measured, and its first. */
export const measuredOneIn = 64;
/** Different errors of one edge that are told apart. */
const errorTypes = 20;
/** As OpenTelemetry names what is not told apart. */
const OTHER = "_OTHER";
/** How old an exemplar becomes before the next call of its bucket takes its place. */
const exemplarMs = 5_000;

/** A call of which a span is kept. */
interface TracedCall {
  readonly trace: { readonly kept: boolean; readonly id: string };
  readonly clientId: string;
  readonly endMs: number;
  requestBytes: number | undefined;
  replyBytes: number | undefined;
}

/** Errors by type, of which so many are told apart. */
export class ErrorCounts {
  readonly #counts = new Map<string, number>();

  add(type: string): void {
    const known = this.#counts.has(type) || this.#counts.size < errorTypes ? type : OTHER;
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
  }

  get all(): Iterable<readonly [type: string, count: number]> {
    return this.#counts;
  }
}

/** Streams of one edge. */
export class StreamCounts {
  open = 0;
  ended = 0;
  messages = 0;
  bytes = 0;
  readonly errors = new ErrorCounts();
}

/** What is counted of one edge. */
export class EdgeCounts {
  readonly facts: EdgeFacts;
  readonly duration = new Histogram(durationBounds);
  readonly requestBytes = new Histogram(byteBounds);
  readonly replyBytes = new Histogram(byteBounds);
  readonly errors = new ErrorCounts();
  readonly streams = new StreamCounts();
  /** Whether what is sent is recorded too. */
  readonly payloads: boolean;
  #attributes: Attributes | undefined = undefined;
  #untilMeasured = 0;

  constructor(facts: EdgeFacts, payloads = false) {
    this.facts = facts;
    this.payloads = payloads;
  }

  get calls(): number {
    return this.duration.count;
  }

  /** What the spans of all its calls say alike: always the same object. */
  get attributes(): Attributes {
    return (this.#attributes ??= attributesOf(this.facts));
  }

  succeeded(input: unknown, reply: unknown, ms: number, call: TracedCall | undefined): void {
    this.#time(ms, call);
    if (this.#untilMeasured-- > 0) return;
    this.#untilMeasured = measuredOneIn - 1;
    const requestBytes = this.#measure(input, "request", this.requestBytes);
    const replyBytes = this.#measure(reply, "reply", this.replyBytes);
    if (call === undefined) return;
    call.requestBytes = requestBytes;
    call.replyBytes = replyBytes;
  }

  failed({ type }: Failure, ms: number, call: TracedCall | undefined): void {
    this.#time(ms, call);
    this.errors.add(type);
  }

  #time(ms: number, call: TracedCall | undefined): void {
    const bucket = this.duration.record(ms / 1_000);
    if (!call?.trace.kept) return;
    const { exemplars } = this.duration;
    const before = exemplars[bucket];
    const at = performance.timeOrigin + call.endMs;
    if (before !== undefined && at - before.at < exemplarMs) return;
    exemplars[bucket] = { value: ms / 1_000, traceId: own(call.trace.id), spanId: own(call.clientId), at };
  }

  #measure(value: unknown, what: "request" | "reply", into: Histogram): number | undefined {
    const bytes = this.facts.size(value, what);
    if (bytes !== undefined) into.record(bytes);
    return bytes;
  }
}

/** The same text by itself: as a piece of a longer one it would keep that alive, and exemplars live long. */
function own(id: string): string {
  return Buffer.from(id, "latin1").toString("latin1");
}

function attributesOf({ member, local, caller }: EdgeFacts): Attributes {
  const at = member.indexOf(".");
  return {
    "rpc.system": "kerf",
    "rpc.service": member.slice(0, at),
    "rpc.method": member.slice(at + 1),
    "kerf.member": member,
    "kerf.local": local,
    "kerf.caller": caller,
  };
}
