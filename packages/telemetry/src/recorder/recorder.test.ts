import { describe, expect, test } from "vitest";
import type { EdgeFacts, SpanType } from "@kerf/runtime/telemetry";
import { EdgeRegistry } from "../metrics/edge-registry.ts";
import { contextMaker } from "./ids.ts";
import { Queue } from "./queue.ts";
import { Recorder } from "./recorder.ts";
import { PlainSpan, type SpanRecord } from "./record.ts";
import { samplerOf } from "./sampler.ts";
import { Traces } from "./trace.ts";

const work: SpanType<string> = {
  kind: "internal",
  service: () => "shop",
  name: (about) => about,
  attributes: () => ({}),
};

function recorder({ sampler = "parentbased_always_off", slowMs = 10_000, size = 100 } = {}) {
  const queue = new Queue<SpanRecord>(size);
  const chosen = samplerOf(sampler);
  const traces = new Traces({ sampler: chosen, slowMs, queue });
  const edges = new EdgeRegistry(false, 2);
  const telemetry = new Recorder({ sampler: chosen, traces, edges });
  const names = () =>
    queue
      .take(1_000)
      .map((record) => (record instanceof PlainSpan ? String(record.about) : record.edge.facts.member));
  return { telemetry, queue, traces, edges, names };
}

const failure = { type: "INTERNAL", fault: true };
const facts: EdgeFacts = {
  caller: "orders",
  callee: "stock",
  member: "stock@1.look",
  local: true,
  size: (value) => JSON.stringify(value).length,
  show: (value) => JSON.stringify(value),
};

describe("a trace that was not chosen", () => {
  test("is forgotten with its last span in this process", () => {
    const { telemetry, names, traces } = recorder();
    const root = telemetry.root();
    expect(root.endsWith("-00")).toBe(true);
    const first = telemetry.beginRoot(work, "first", root);
    telemetry.begin(work, "second", first.traceparent).end();
    expect([traces.open, traces.held]).toEqual([1, 1]);
    first.end();
    expect([traces.open, traces.held, names()]).toEqual([0, 0, []]);
  });

  test("leaves as a whole where a span of it failed, what ended before included", () => {
    const { telemetry, names, traces } = recorder();
    const first = telemetry.beginRoot(work, "first", telemetry.root());
    telemetry.begin(work, "before", first.traceparent).end();
    telemetry.begin(work, "failed", first.traceparent).end(failure);
    telemetry.begin(work, "after", first.traceparent).end();
    first.end();
    expect(names()).toEqual(["before", "failed", "after", "first"]);
    expect([traces.open, traces.held]).toEqual([0, 0]);
  });

  test("leaves where it was slow", () => {
    const { telemetry, names } = recorder({ slowMs: 5 });
    const first = telemetry.beginRoot(work, "slow", telemetry.root());
    const until = performance.now() + 6;
    while (performance.now() < until);
    first.end();
    expect(names()).toEqual(["slow"]);
  });

  test("keeps a bounded part of a long one", () => {
    const { telemetry, names, queue } = recorder({ size: 5_000 });
    const first = telemetry.beginRoot(work, "first", telemetry.root());
    for (let i = 0; i < 1_500; i++) telemetry.begin(work, "many", first.traceparent).end();
    first.end(failure);
    expect(names()).toHaveLength(1_000);
    expect(queue.dropped).toBe(500);
  });
});

test("what was chosen elsewhere is followed, and spans leave as they end", () => {
  const { telemetry, names, queue } = recorder({ size: 2 });
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const span = telemetry.begin(work, "one", parent);
  expect(span.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  const second = telemetry.begin(work, "two", span.traceparent);
  second.end();
  expect(queue.length).toBe(1);
  span.end();
  telemetry.begin(work, "too many", parent).end();
  expect([names(), queue.dropped]).toEqual([["one", "two"].toReversed(), 1]);
});

test("traces whose ids end alike are told apart, in whatever order they end", () => {
  const { telemetry, names, traces } = recorder();
  const roots = [1, 2, 3].map((first) => `00-${first}af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00`);
  const [one, two, three] = roots.map((root, i) => telemetry.beginRoot(work, `root ${i + 1}`, root));
  const begin = (i: number) => telemetry.begin(work, `within ${i}`, roots[i - 1]!);
  const [inOne, inTwo] = [begin(1), begin(2)];
  expect(traces.open).toBe(3);
  inOne.end();
  one!.end();
  begin(2).end();
  begin(3).end(failure);
  inTwo.end();
  two!.end(failure);
  three!.end();
  expect(names()).toEqual(["within 3", "within 2", "within 2", "root 2", "root 3"]);
  expect([traces.open, traces.held]).toEqual([0, 0]);
});

test("a ratio chooses by the trace id", () => {
  const sampler = samplerOf("traceidratio", "0.25");
  const ids = Array.from({ length: 4_000 }, (_, i) => i * 2 ** 20);
  expect(ids.filter(sampler.chooses).length).toBe(1024);
  // Whoever is asked says the same of one trace.
  const root = contextMaker(sampler.chooses);
  const roots = Array.from({ length: 1_000 }, root);
  expect(new Set(roots.map((each) => each.slice(0, 52))).size).toBe(1_000);
  for (const each of roots) {
    expect(each).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    expect(sampler.follows(each)).toBe(each.endsWith("1"));
  }
  expect(roots.filter((each) => each.endsWith("1")).length).toBeGreaterThan(100);
  expect(() => samplerOf("sometimes")).toThrow(/OTEL_TRACES_SAMPLER is "sometimes"/);
  expect(() => samplerOf("traceidratio", "2")).toThrow(/from 0 to 1/);
});

describe("an edge", () => {
  test("counts calls, errors by type, durations, and bytes of one call in 64", () => {
    const { telemetry, edges } = recorder();
    const edge = telemetry.edge(facts);
    const parent = telemetry.root();
    for (let i = 0; i < 130; i++) edge.begin(parent).replied({ sku: "a" }, { left: 3 });
    edge.begin(parent).failed({ sku: "a" }, failure);
    const [counts] = edges.all;
    expect([counts!.calls, counts!.requestBytes.count, counts!.replyBytes.sum]).toEqual([131, 3, 3 * 10]);
    expect([...counts!.errors.all]).toEqual([["INTERNAL", 1]]);
  });

  test("counts streams and their answers, whether or not spans are recorded", () => {
    const { telemetry, edges } = recorder();
    const edge = telemetry.edge(facts);
    const [whole, broken] = [edge.watch(telemetry.root()), edge.watch(telemetry.root())];
    for (let i = 0; i < 130; i++) whole.answered({ left: 3 });
    whole.ended();
    const { streams } = edges.all[0]!;
    expect(streams).toMatchObject({ open: 1, ended: 1, messages: 130, bytes: 1_300 });
    broken.ended(failure);
    expect(streams).toMatchObject({ open: 0, ended: 2 });
    expect([...streams.errors.all]).toEqual([["INTERNAL", 1]]);
    expect(edges.all[0]!.calls).toBe(0);
  });

  test("of a stream has no slow ones: those that were not chosen do not leave", () => {
    const { telemetry, queue } = recorder({ slowMs: 0, sampler: "always_off" });
    const edge = telemetry.edge(facts);
    edge.watch(telemetry.root()).ended();
    expect(queue.length).toBe(0);
    edge.watch(telemetry.root()).ended(failure);
    expect(queue.length).toBe(1);
  });

  test("beyond the bound is counted with others", () => {
    const { telemetry, edges } = recorder();
    for (const caller of ["a", "b", "c", "d"])
      telemetry
        .edge({ ...facts, caller })
        .begin(telemetry.root())
        .replied(1, 1);
    expect(edges.all.map(({ facts: { caller }, calls }) => [caller, calls])).toEqual([
      ["a", 1],
      ["b", 1],
      ["_OTHER", 2],
    ]);
  });

  test("of a call within the process is told as both sides of it", () => {
    const { telemetry, queue } = recorder({ sampler: "always_on" });
    const root = telemetry.root();
    const call = telemetry.edge(facts).begin(root);
    call.replied(1, 2);
    const [record] = queue.take(1);
    expect(record).not.toBeInstanceOf(PlainSpan);
    expect(call.traceparent).toBe(`${root.slice(0, 36)}${(record as { serverId?: string }).serverId}-01`);
  });
});
