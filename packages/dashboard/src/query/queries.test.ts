import { describe, expect, test } from "vitest";
import type { SpanView } from "../api/index.ts";
import type { Application } from "../application.ts";
import type { FlowRow } from "./traffic.ts";
import { markCritical } from "./critical.ts";
import { mapOf } from "./map.ts";

function span(spanId: string, parentSpanId: string | null, startAt: number, durationMs: number): SpanView {
  return {
    spanId,
    parentSpanId,
    startAt,
    durationMs,
    name: spanId,
    kind: "internal",
    service: "orders",
    unit: null,
    instance: null,
    member: null,
    local: null,
    status: "unset",
    statusMessage: null,
    critical: false,
    criticalToEnd: false,
    attributes: {},
    resource: {},
    events: [],
    links: [],
  };
}

const critical = (...spans: SpanView[]): string[] =>
  markCritical(spans)
    .spans.filter((one) => one.critical)
    .map(({ spanId }) => spanId);
const toEnd = (...spans: SpanView[]): string[] =>
  markCritical(spans)
    .spans.filter((one) => one.criticalToEnd)
    .map(({ spanId }) => spanId);

describe("the critical path", () => {
  test("goes by way of what ended last, not of what ran beside it", () => {
    expect(
      critical(
        span("root", null, 0, 100),
        span("first", "root", 0, 40),
        span("beside", "root", 10, 20),
        span("last", "root", 40, 55),
        span("inside", "last", 50, 40),
      ),
    ).toEqual(["root", "first", "last", "inside"]);
  });

  test("leaves out what went on after its parent", () => {
    expect(critical(span("root", null, 0, 50), span("later", "root", 40, 100))).toEqual(["root"]);
  });

  test("to the end goes on into what the request began: deliveries, the saga, and what those began", () => {
    const spans = [
      span("POST /orders", null, 0, 50),
      span("orders.place", "POST /orders", 5, 40),
      span("INSERT", "orders.place", 10, 20),
      span("publish placed", "orders.place", 60, 5),
      span("process placed", "orders.place", 70, 10),
      span("checkout", "orders.place", 55, 200),
      span("reserve", "checkout", 60, 90),
      span("beside reserve", "checkout", 60, 30),
      span("confirm", "checkout", 160, 90),
      span("process confirmed", "confirm", 270, 30),
      span("too late to matter", "confirm", 270, 10),
    ];
    expect(critical(...spans)).toEqual(["POST /orders", "orders.place", "INSERT"]);
    expect(toEnd(...spans)).toEqual([
      "POST /orders",
      "orders.place",
      "INSERT",
      "checkout",
      "reserve",
      "confirm",
      "process confirmed",
    ]);
    expect(markCritical(spans).answeredAt).toBe(50);
  });

  test("holds each attempt of a delivery that had to be tried again", () => {
    const spans = [
      span("root", null, 0, 10),
      span("attempt 1", "root", 20, 10),
      span("attempt 2", "root", 130, 10),
    ];
    expect(toEnd(...spans)).toEqual(["root", "attempt 1", "attempt 2"]);
    expect(critical(...spans)).toEqual(["root"]);
  });

  test("to the answer begins with what began the trace, however long something else that lost its parent took", () => {
    const spans = [span("saga", "lost", 40, 500), span("root", null, 0, 50)];
    expect(critical(...spans)).toEqual(["root"]);
    expect(toEnd(...spans)).toEqual(["saga"]);
  });

  test("stands spans that are each other's parents", () => {
    expect(critical(span("a", "b", 0, 1), span("b", "a", 0, 1))).toEqual([]);
    expect(critical()).toEqual([]);
  });
});

describe("the map", () => {
  const application: Application = {
    app: "shop",
    topology: "split",
    services: ["orders", "stock"].map((name) => ({
      name,
      unit: "back",
      contracts: [`${name}@1`],
      database: name === "orders",
      members: [],
      reactsTo: [],
    })),
    foreign: ["mailer"],
    edges: [
      { from: "orders", to: "stock", kind: "call" },
      { from: "orders", to: "mailer", kind: "call" },
    ],
    gatewayUnit: "front",
  };
  const flow = (more: Partial<FlowRow>): FlowRow => ({
    kind: "call",
    source: "orders",
    target: "stock",
    member: "stock@1.take",
    local: 1,
    count: 10,
    errors: 1,
    refused: 2,
    durations: new Map([[41, 10]]),
    asked: 2,
    askedBytes: 300,
    replied: 0,
    repliedBytes: 0,
    ...more,
  });

  test("has what was seen, what is declared, and says which is which", () => {
    const map = mapOf(
      application,
      [
        flow({}),
        flow({ kind: "enter", source: "", target: "gateway", member: "POST /orders" }),
        flow({ kind: "query", target: "postgresql", member: "SELECT" }),
        flow({ kind: "publish", target: "", member: "orders@1.placed" }),
        flow({ kind: "deliver", target: "stock", member: "orders@1.placed", local: -1 }),
        flow({ kind: "serve" }),
        flow({ source: "operator" }),
      ],
      [],
      10_000,
    );
    const edges = map.edges.map(({ from, to, kind, seen, local }) => [from, to, kind, seen, local]);
    expect(edges).toContainEqual(["service:orders", "service:stock", "call", true, true]);
    expect(edges).toContainEqual(["service:orders", "foreign:mailer", "call", false, null]);
    expect(edges).toContainEqual(["client", "gateway", "call", true, true]);
    expect(edges).toContainEqual(["service:orders", "database:orders", "query", true, true]);
    expect(edges).toContainEqual(["service:orders", "broker", "event", true, true]);
    expect(edges).toContainEqual(["broker", "service:stock", "event", true, null]);
    expect(edges).toContainEqual(["client:operator", "service:stock", "call", true, true]);
    expect(edges).toHaveLength(7);
    const call = map.edges.find(({ to }) => to === "service:stock")!;
    expect(call).toMatchObject({
      requestBytes: 150,
      replyBytes: null,
      traffic: { count: 10, errors: 1, refused: 2, perSecond: 1 },
    });
    expect(map.nodes.find(({ id }) => id === "gateway")!.unit).toBe("front");
  });

  test("has streams apart from calls, also of an edge that has nothing else", () => {
    const streamed = { open: 2, ended: 1, errors: 1, refused: 1, messages: 50, local: 0, target: "stock" };
    const watch = { ...streamed, source: "gateway", member: "stock@1.watch" };
    const levels = { ...streamed, source: "gateway", member: "stock@1.levels", errors: 0 };
    const map = mapOf(application, [], [watch, levels], 10_000);
    expect(map.edges.find(({ from }) => from === "gateway")).toMatchObject({
      to: "service:stock",
      kind: "call",
      seen: true,
      local: false,
      traffic: { count: 0 },
      streams: { open: 4, ended: 2, errors: 1, refused: 2, messages: 100, messagesPerSecond: 10 },
      members: [],
    });
    expect(map.edges.find(({ from }) => from === "service:orders")).toMatchObject({ streams: null });
  });

  test("tells nothing of locality where both were seen", () => {
    const map = mapOf(application, [flow({}), flow({ local: 0 })], [], 10_000);
    expect(map.edges.find(({ to }) => to === "service:stock")).toMatchObject({ local: null, seen: true });
  });
});
