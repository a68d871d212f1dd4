import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, receive, type Received } from "../testing/received.ts";
import { hrTime } from "./hr-time.ts";
import { limiter } from "./limited-span.ts";
import { SCOPE } from "./scope.ts";
import type { SpanEncoder } from "./span-encoder.ts";
import type { SpanFacts } from "./span-facts.ts";
import { JsonSpans } from "./span-json.ts";
import { ProtobufSpans } from "./span-protobuf.ts";

const hex = (digits: number) =>
  fc
    .uint8Array({ minLength: digits / 2, maxLength: digits / 2 })
    .map((bytes) => Buffer.from(bytes).toString("hex"));
const scalar = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  // Whole ones beyond what a number counts exactly leave as floating-point numbers: they are no counts any more.
  fc.double().filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value)),
);
const attributes = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 60 }).filter((key) => key !== "__proto__"),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.constant(undefined)),
  { maxKeys: 6, noNullPrototype: true },
) as fc.Arbitrary<SpanFacts["attributes"]>;
// Some 50 days: a float of Unix milliseconds holds a quarter of a microsecond anyway.
const ms = fc.double({ min: 0, max: 2 ** 32, noNaN: true });
const spans: fc.Arbitrary<SpanFacts> = fc.record({
  service: fc.constantFrom("orders", "stock", "gateway"),
  scope: fc.constantFrom(SCOPE, { name: "undici" }, { name: "undici", version: "7.0.0" }),
  traceId: hex(32),
  id: hex(16),
  parentId: fc.option(hex(16), { nil: undefined }),
  name: fc.string({ unit: "binary", maxLength: 300 }),
  kind: fc.constantFrom("internal", "server", "client", "producer", "consumer"),
  startMs: ms,
  endMs: ms,
  alike: fc.constantFrom(
    undefined,
    { "rpc.system": "kerf", "kerf.local": true },
    { "rpc.system": "kerf", "kerf.local": false },
  ),
  attributes,
  status: fc.record({ code: fc.constantFrom(0, 1, 2), message: fc.option(fc.string(), { nil: undefined }) }),
  links: fc.array(fc.record({ traceId: hex(32), id: hex(16), attributes }), { maxLength: 3 }),
  events: fc.array(fc.record({ name: fc.string(), atMs: ms, attributes }), { maxLength: 3 }),
  dropped: fc.record({ attributes: fc.nat(), links: fc.nat(), events: fc.nat() }),
});

const resourceOf = (service: string) => ({ "service.name": service, "kerf.app": "shop" });

function written(encoder: SpanEncoder, all: readonly SpanFacts[]): Buffer {
  for (const facts of all) encoder.add(facts);
  return Buffer.from(encoder.take());
}

/** The spans of a request in the order of their ids, with what they stand below. */
function flat(body: Uint8Array): any[] {
  return decode("ExportTrace", "application/x-protobuf", Buffer.from(body))
    .resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
      scopeSpans.flatMap(({ scope, spans: own }: any) => own.map((span: any) => ({ resource, scope, span }))),
    )
    .toSorted((a: any, b: any) => Buffer.compare(a.span.spanId, b.span.spanId));
}

/** The same by OpenTelemetry's own serialisation. */
function stock(all: readonly SpanFacts[], startedAt: number): Uint8Array {
  const scopes = new Map(all.map(({ scope }) => [JSON.stringify(scope), scope]));
  const context = (traceId: string, spanId: string) => ({ traceId, spanId, traceFlags: 1 });
  return ProtobufTraceSerializer.serializeRequest(
    all.map((facts) => {
      const { traceId, id, parentId, name, startMs, endMs, status } = facts;
      return {
        name,
        kind: ["internal", "server", "client", "producer", "consumer"].indexOf(facts.kind),
        spanContext: () => context(traceId, id),
        ...(parentId !== undefined && { parentSpanContext: context(traceId, parentId) }),
        startTime: hrTime(startedAt + startMs),
        endTime: hrTime(startedAt + endMs),
        duration: [0, 0] as [number, number],
        ended: true,
        status: { code: status.code, ...(status.message !== undefined && { message: status.message }) },
        attributes: told({ ...facts.alike, ...facts.attributes }),
        droppedAttributesCount: facts.dropped.attributes,
        links: facts.links.map((link) => ({
          context: context(link.traceId, link.id),
          attributes: told(link.attributes),
        })),
        droppedLinksCount: facts.dropped.links,
        events: facts.events.map((event) => ({
          name: event.name,
          time: hrTime(startedAt + event.atMs),
          attributes: told(event.attributes),
        })),
        droppedEventsCount: facts.dropped.events,
        resource: resourceFromAttributes(resourceOf(facts.service)),
        instrumentationScope: scopes.get(JSON.stringify(facts.scope))! as { name: string },
      };
    }),
  )!;
}

function told(given: SpanFacts["attributes"]): SpanFacts["attributes"] {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What receivers take for the same: defaults need not be written, and nothing is told of where a context came from. */
function canonical({ resource, scope, span }: any): unknown {
  const { flags, status, parentSpanId, ...rest } = span;
  return {
    resource,
    scope: { name: scope.name, version: scope.version ?? "" },
    ...rest,
    attributes: rest.attributes.toSorted((a: any, b: any) => (a.key < b.key ? -1 : 1)),
    droppedAttributesCount: rest.droppedAttributesCount ?? 0,
    droppedEventsCount: rest.droppedEventsCount ?? 0,
    droppedLinksCount: rest.droppedLinksCount ?? 0,
    parentSpanId: parentSpanId ?? Buffer.alloc(0),
    // Of an unset status OpenTelemetry has no message.
    status: status?.code ? { code: status.code, message: status.message ?? "" } : { code: 0 },
    sampled: flags & 1,
  };
}

describe("spans as protobuf", () => {
  test("say what OpenTelemetry's own serialisation says", () => {
    fc.assert(
      fc.property(fc.uniqueArray(spans, { selector: ({ id }) => id, maxLength: 8 }), (all) => {
        const ours = flat(written(new ProtobufSpans(resourceOf), all)).map(canonical) as any[];
        const theirs = flat(stock(all, 0)).map(canonical) as any[];
        expect(ours.map(untimed)).toEqual(theirs.map(untimed));
      }),
    );
  });

  test("have the times that OpenTelemetry's have, but for what a number of Unix milliseconds cannot hold", () => {
    const began = 1_795_000_000_000.25;
    fc.assert(
      fc.property(fc.uniqueArray(spans, { selector: ({ id }) => id, minLength: 1, maxLength: 3 }), (all) => {
        const ours = flat(written(new ProtobufSpans(resourceOf, () => began), all)).flatMap(times);
        const theirs = flat(stock(all, began)).flatMap(times);
        expect(apart(ours, theirs)).toBeLessThan(500);
      }),
    );
  });

  test("are written anew after a batch was taken, and one that is too large leaves nothing behind", () => {
    const encoder = new ProtobufSpans(resourceOf);
    const [span] = fc.sample(spans, { numRuns: 1, seed: 1 });
    const small = written(encoder, [span!]);
    expect(() => encoder.add({ ...span!, name: "x".repeat(5 * 1024 * 1024) })).toThrow();
    expect(encoder.size).toBe(0);
    expect(
      flat(written(encoder, [span!]))
        .map(canonical)
        .map(untimed),
    ).toEqual(flat(small).map(canonical).map(untimed));
  });
});

test("spans as JSON say what they say as protobuf", () => {
  const read = (type: string, body: Buffer) => {
    const received: Received = { spans: [], metrics: [], logs: [] };
    receive(received, "ExportTrace", type, body);
    const sorted = received.spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
    return {
      spans: sorted.map(({ start: _start, end: _end, ...span }) => span),
      times: sorted.flatMap(({ start, end }) => [start, end]),
    };
  };
  fc.assert(
    fc.property(fc.uniqueArray(spans, { selector: ({ id }) => id, maxLength: 8 }), (all) => {
      const began = (): number => 1_795_000_000_000.25;
      const protobuf = read("application/x-protobuf", written(new ProtobufSpans(resourceOf, began), all));
      const json = read("application/json", written(new JsonSpans(resourceOf, began), all));
      expect(json.spans).toEqual(protobuf.spans);
      expect(apart(json.times, protobuf.times)).toBeLessThan(500);
    }),
  );
});

test("limits leave out what is over them, and count it", () => {
  const limit = limiter({ count: 2, valueLength: 3, links: 1, events: 0 });
  const [span] = fc.sample(spans, { numRuns: 1, seed: 1 });
  const event = { name: "e", atMs: 0, attributes: {} };
  const link = { traceId: "1".repeat(32), id: "2".repeat(16), attributes: {} };
  const {
    alike,
    attributes: kept,
    links,
    events,
    dropped,
  } = limit({
    ...span!,
    alike: { "rpc.system": "kerf" },
    attributes: { gone: undefined, b: "12345", c: 1, d: 2 },
    links: [link, link],
    events: [event],
  });
  expect({ alike, kept, links, events, dropped }).toEqual({
    alike: undefined,
    kept: { "rpc.system": "ker", b: "123" },
    links: [link],
    events: [],
    dropped: { attributes: 2, links: 1, events: 1 },
  });
});

function untimed({ startTimeUnixNano: _start, endTimeUnixNano: _end, events, ...rest }: any): unknown {
  return { ...rest, events: events.map(({ timeUnixNano: _time, ...event }: any) => event) };
}

function times({ span }: any): bigint[] {
  const { startTimeUnixNano, endTimeUnixNano, events } = span;
  return [startTimeUnixNano, endTimeUnixNano, ...events.map((event: any) => event.timeUnixNano)].map(BigInt);
}

/** The most that any of them differ by, in nanoseconds. */
function apart(some: readonly bigint[], others: readonly bigint[]): number {
  expect(some).toHaveLength(others.length);
  return Math.max(0, ...some.map((time, i) => Math.abs(Number(time - others[i]!))));
}
