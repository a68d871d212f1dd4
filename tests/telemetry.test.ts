import { rig, type Mode } from "@kerf/testing";
import { openTelemetry } from "@kerf/telemetry";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { otlpReceiver, type ReceivedSpan, type Receiver } from "../packages/telemetry/src/testing/index.ts";
import { accounts } from "./fixture/accounts/contract.ts";
import app from "./fixture/app.ts";
import { teller } from "./fixture/teller/contract.ts";
import { transfers } from "./fixture/transfers/contract.ts";
import { storyOf } from "./telemetry/story.ts";

let receiver: Receiver;
beforeAll(async () => {
  receiver = await otlpReceiver();
});
afterAll(() => receiver?.[Symbol.asyncDispose]());

/** What a deposit, a transfer and one that is refused tell in this mode. */
async function told(mode: Mode): Promise<Map<string, ReceivedSpan[]>> {
  receiver.spans.length = 0;
  // #region by-hand
  const opened = await openTelemetry({
    app: "bank",
    unit: mode,
    topology: mode,
    replica: "1",
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
    log: pino({ level: "silent" }),
  });
  const bank = await rig(app, { mode, telemetry: opened!.telemetry });
  // #endregion
  try {
    await bank.call(accounts.deposit, { account: "a", pence: 500 }, { id: "d1" });
    await bank.call(teller.overview, { account: "a" });
    for await (const _ of bank.watch(teller.follow, { account: "a" })) break;
    await Array.fromAsync(bank.watch(accounts.numbers, { after: 3, upTo: 6 }));
    await bank.settled();
    await bank.call(transfers.start, { id: "t1", from: "a", to: "b", pence: 100 }, { id: "t1" });
    await bank.settled();
    // Of an amount that ends so, the bank declines the second half: the first is undone.
    await bank.call(transfers.start, { id: "t2", from: "a", to: "b", pence: 116 }, { id: "t2" });
    await bank.settled();
    expect(await bank.call(transfers.state, { id: "t2" })).toMatchObject({ state: "refused" });
  } finally {
    await bank.stop();
    await opened!.close();
  }
  return Map.groupBy(receiver.spans, ({ traceId }) => traceId);
}

const traceWith = (traces: Map<string, ReceivedSpan[]>, has: (span: ReceivedSpan) => boolean) =>
  [...traces.values()].find((spans) => spans.some(has))!;
const sagaOf = (id: string) => (span: ReceivedSpan) => span.attributes["kerf.saga.id"] === id;

describe("one checkout of the code tells the same story in every topology", () => {
  let together: Map<string, ReceivedSpan[]>;
  let apart: Map<string, ReceivedSpan[]>;
  beforeAll(async () => {
    together = await told("local");
    apart = await told("units");
  }, 120_000);

  test.each([
    ["a call of a call", (span: ReceivedSpan) => span.name === teller.overview.id],
    ["a stream of a stream", (span: ReceivedSpan) => span.name === teller.follow.id],
    ["a saga", sagaOf("t1")],
    ["a saga that is undone", sagaOf("t2")],
  ])("%s", (_, has) => {
    const story = storyOf(traceWith(together, has));
    expect(story.length).toBeGreaterThan(3);
    expect(storyOf(traceWith(apart, has))).toEqual(story);
  });

  test("a call within a process is told as both its sides, and marked", () => {
    const of = (traces: Map<string, ReceivedSpan[]>) =>
      traceWith(traces, (span) => span.name === teller.overview.id)
        .filter((span) => span.name === accounts.balance.id)
        .map((span) => [span.kind, span.resource["service.name"], span.attributes["kerf.local"]])
        .toSorted();
    expect(of(together)).toEqual([
      [2, "accounts", true],
      [3, "teller", true],
    ]);
    expect(of(apart)).toEqual([
      [2, "accounts", false],
      [3, "teller", false],
    ]);
  });

  test("a stream is one span of each side, and says how many answers there were", () => {
    for (const traces of [together, apart]) {
      const followed = traceWith(traces, ({ name }) => name === teller.follow.id);
      expect(followed.map(({ status }) => status)).toEqual(followed.map(() => 0));
      const numbers = traceWith(traces, ({ name }) => name === accounts.numbers.id);
      const client = numbers.find(({ kind }) => kind === 3)!;
      expect(client.attributes).toMatchObject({ "kerf.stream.messages": 3, "rpc.method": "numbers" });
      expect(client.attributes["kerf.stream.bytes"]).toBeGreaterThan(0);
      expect(numbers.filter(({ kind }) => kind === 2)).toHaveLength(1);
    }
  });

  test("a saga holds its steps, their calls, statements and events", () => {
    const story = storyOf(traceWith(together, sagaOf("t2"))).join("\n");
    const within = "transfers server transfers@1.start > transfers internal saga move";
    expect(story).toContain(
      `${within} > transfers internal step withdraw > transfers client accounts@1.withdraw`,
    );
    expect(story).toContain(
      `${within} > transfers internal step deposit failed > transfers client accounts@1.pay failed`,
    );
    expect(story).toContain(
      `${within} > transfers internal undo withdraw > transfers client accounts@1.deposit`,
    );
    expect(story).toContain("accounts server accounts@1.withdraw > accounts client UPDATE postgresql");
    expect(story).toContain(
      "accounts server accounts@1.withdraw > accounts producer publish accounts@1.moved",
    );
    expect(story).toContain(
      "accounts server accounts@1.withdraw > statements consumer process accounts@1.moved",
    );
  });

  test("what is told of each is what the conventions say", () => {
    const spans = traceWith(apart, sagaOf("t2"));
    const one = (name: string, kind: number) => spans.find((s) => s.name === name && s.kind === kind)!;
    expect(one(accounts.pay.id, 3).attributes).toMatchObject({
      "rpc.system": "kerf",
      "rpc.service": "accounts@1",
      "rpc.method": "pay",
      "kerf.caller": "transfers",
      "kerf.error.code": "Declined",
      "error.type": "Declined",
    });
    const delivery = one("process accounts@1.moved", 5);
    expect(delivery.attributes).toMatchObject({
      "messaging.system": "kerf",
      "messaging.destination.name": "accounts@1.moved",
      "kerf.key": "a",
      "kerf.attempt": 1,
    });
    expect(delivery.links).toEqual([{ traceId: delivery.traceId, spanId: delivery.parentSpanId }]);
    expect(spans.find(({ name }) => name === "saga move")!.attributes).toMatchObject({
      "kerf.saga": "move",
      "kerf.saga.id": "t2",
      "kerf.saga.outcome": "refused",
    });
    const statements = spans.filter(({ attributes }) => attributes["db.system.name"] === "postgresql");
    expect(statements.length).toBeGreaterThan(5);
    for (const { attributes } of statements) expect(attributes["db.query.text"]).not.toContain("'t2'");
    expect(spans.every(({ start, end }) => end >= start && start > 0n)).toBe(true);
    expect(spans[0]!.resource).toMatchObject({
      "service.namespace": "bank",
      "service.instance.id": "1",
      "kerf.unit": "units",
    });
  });

  test("a scheduled run is a trace of its own", () => {
    const spans = traceWith(together, ({ name }) => name === "schedule count");
    expect(storyOf(spans)[0]).toBe("statements internal schedule count");
  });
});

test("what waits is told of in metrics", async () => {
  const opened = await openTelemetry({
    app: "bank",
    unit: "all",
    topology: "monolith",
    replica: "1",
    environment: {},
    log: pino({ level: "silent" }),
  });
  const bank = await rig(app, { telemetry: opened!.telemetry, timing: { measureMs: 50, pollMs: 50 } });
  const exposed = () => opened!.metrics(undefined).body;
  try {
    // One that waits for an approval.
    await bank.call(accounts.deposit, { account: "c", pence: 5_000 }, { id: "d2" });
    await bank.call(transfers.start, { id: "t3", from: "c", to: "d", pence: 1_000 }, { id: "t3" });
    await expect
      .poll(exposed, { timeout: 10_000 })
      .toMatch(/^kerf_saga_active\{.*service="transfers",state="running"\} 1$/m);
    await bank.call(transfers.approve, { id: "t3" }, { id: "a3" });
    await bank.settled();
    await expect
      .poll(exposed, { timeout: 10_000 })
      .toMatch(/^kerf_saga_active\{.*service="transfers",state="running"\} 0$/m);
    expect(exposed()).toContain('kerf_outbox_unsent{service="accounts"} 0');
    expect(exposed()).toMatch(/^kerf_event_lag_messages\{consumer="statements",channel="accounts@1"\} \d+$/m);
    expect(exposed()).toMatch(/^db_client_connection_max\{.*\} [1-9]\d*$/m);
  } finally {
    await bank.stop();
    await opened!.close();
  }
  // Whoever ended tells nothing any more.
  expect(exposed()).not.toContain("kerf_outbox_unsent");
});
