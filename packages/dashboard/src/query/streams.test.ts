import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import type { PointRow, Sender, SpanRow } from "../otlp/row.ts";
import { Store } from "../store/store.ts";
import { streamsOf } from "./streams.ts";
import { flowsOf } from "./traffic.ts";

const store = new Store({ file: ":memory:" });
afterEach(() => store.close());

const attributes = {
  "kerf.caller": "gateway",
  "kerf.callee": "stock",
  "kerf.member": "stock@1.watch",
  "kerf.local": false,
};
const senderOf = (instance: string): Sender => ({
  service: "front",
  unit: "front",
  instance,
  attributes: {},
  key: instance,
});

test("streams are told by what was counted, and their spans are no calls", () => {
  const now = Date.now();
  const point = (name: string, value: number, secondsAgo: number, instance = "1", type = ""): PointRow => ({
    kind: "point",
    sender: senderOf(instance),
    name: `kerf.edge.stream${name}`,
    description: "",
    unit: "",
    metric: name === ".open" ? "gauge" : "counter",
    cumulative: name !== ".open",
    startUs: (now - 115_000) * 1_000,
    atUs: (now - secondsAgo * 1_000) * 1_000,
    attributes: name === ".errors" ? { ...attributes, "error.type": type } : attributes,
    value,
    count: 1,
    bounds: [],
    counts: [],
  });
  const span: SpanRow = {
    kind: "span",
    sender: senderOf("1"),
    traceId: randomBytes(16),
    spanId: randomBytes(8),
    parentId: null,
    name: "stock@1.watch",
    spanKind: 3,
    startUs: (now - 100_000) * 1_000,
    durationUs: 90e6,
    status: 0,
    statusMessage: null,
    attributes: { ...attributes, "kerf.stream.messages": 7 },
    events: [],
    links: [],
  };
  store.take([
    point("s", 1, 40),
    point("s", 3, 10),
    point(".open", 5, 40),
    point(".open", 2, 10),
    point(".messages", 20, 40),
    point(".messages", 50, 10),
    point(".errors", 1, 10, "1", "Gone"),
    point(".errors", 2, 10, "1", "INTERNAL"),
    // Of a process that has ended.
    point(".open", 9, 100, "2"),
    point(".messages", 4, 100, "2"),
    span,
  ]);
  store.flush();
  const watch = { source: "gateway", target: "stock", member: "stock@1.watch", local: 0 };
  expect(streamsOf(store.database, 300_000)).toEqual([
    { ...watch, open: 2, ended: 3, errors: 2, refused: 1, messages: 54 },
  ]);
  expect(streamsOf(store.database, 30_000)).toEqual([
    { ...watch, open: 2, ended: 2, errors: 2, refused: 1, messages: 30 },
  ]);
  expect(flowsOf(store.database, 300_000)).toEqual([]);
});
