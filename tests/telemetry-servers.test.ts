/** What others make of what we tell: Jaeger, the OpenTelemetry Collector, a service in Python. And the dashboard, of them. */
import { openDashboard, type Dashboard } from "@kerf/dashboard";
import { freshName, testServer } from "@kerf/runtime/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { otlpReceiver, type ReceivedSpan, type Receiver } from "../packages/telemetry/src/testing/index.ts";
import { freePort, kerfStart, type Started } from "./telemetry/processes.ts";
import {
  collector,
  jaeger,
  oracle,
  withoutServers,
  type Collector,
  type Jaeger,
  type JaegerSpan,
  type Oracle,
} from "./telemetry/servers.ts";
import { storyOf } from "./telemetry/story.ts";

const soon = {
  OTEL_BSP_SCHEDULE_DELAY: "100",
  OTEL_BLRP_SCHEDULE_DELAY: "100",
  OTEL_METRIC_EXPORT_INTERVAL: "500",
};
const token = "a-token-of-a-test-that-nobody-can-guess";
const shopName = freshName("t").replaceAll("_", "-");

let receiver: Receiver;
let dashboard: Dashboard;
let stored: Jaeger;
let passing: Collector;

/** Gateway and services in one process send all that they tell to the Collector, over gRPC. */
async function startShop(): Promise<Started> {
  const environment = {
    ...soon,
    SHOP: shopName,
    OTEL_EXPORTER_OTLP_ENDPOINT: passing.grpc,
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
  };
  return kerfStart(environment, new URL("telemetry/shop/kerf.config.ts", import.meta.url));
}

/** Sends its spans to Jaeger itself and the rest to the Collector, over HTTP. What is in Python tells the Collector. */
async function startHello(port: number, prophet: Oracle): Promise<Started> {
  return kerfStart({
    ...soon,
    KERF_LISTEN: `127.0.0.1:${port}`,
    KERF_ORACLE_URL: prophet.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: passing.http,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${stored.otlp}/v1/traces`,
  });
}

const patience = { timeout: 20_000, interval: 100 };

/** What Jaeger has of a trace, once that is enough. */
function traceOf(traceId: string, isEnough: (spans: JaegerSpan[]) => boolean): Promise<JaegerSpan[]> {
  return vi.waitFor(async () => {
    const spans = await stored.trace(traceId);
    if (!isEnough(spans)) throw new Error(`Jaeger has only:\n${storyOf(spans).join("\n")}`);
    return spans;
  }, patience);
}

/** The trace of the first span of that name that the Collector passes on. */
function traceIdOf(name: string): Promise<string> {
  return vi.waitFor(() => {
    const found = receiver.spans.find((span) => span.name === name);
    if (!found) throw new Error(`the Collector passed on no span ${name}`);
    return found.traceId;
  }, patience);
}

const services = (spans: readonly ReceivedSpan[]) =>
  [...new Set(spans.map(({ resource }) => String(resource["service.name"])))].toSorted();

/** What Jaeger finds broken. It also wonders at work that goes on, or begins, after what caused it: that is as it should be. */
const brokenOf = (spans: readonly JaegerSpan[]) =>
  spans
    .flatMap(({ warnings }) => warnings)
    .filter((warning) => !warning.startsWith("clock skew adjustment disabled"));

describe.skipIf(withoutServers)("real servers", () => {
  let shop: Started;
  let prophet: Oracle;
  let hello: Started;
  beforeAll(async () => {
    const nothing = () => Promise.reject(new Error("this test has none"));
    [receiver, stored, dashboard] = await Promise.all([
      otlpReceiver(),
      jaeger(),
      openDashboard({
        host: "127.0.0.1",
        port: 0,
        token,
        file: ":memory:",
        app: "hello",
        topology: "monolith",
        who: "test",
        gateway: () => undefined,
        application: nothing,
        operations: undefined,
        control: undefined,
        onError: (error) => console.error(error),
      }),
    ]);
    passing = await collector({
      traces: [stored.otlp, dashboard.endpoint, receiver.url],
      rest: receiver.url,
    });
    const port = await freePort();
    [shop, prophet] = await Promise.all([startShop(), oracle(passing.http, `127.0.0.1:${port}`)]);
    hello = await startHello(port, prophet);
  }, 120_000);
  afterAll(async () => {
    for (const each of [shop, hello, prophet, passing, stored, receiver]) await each?.[Symbol.asyncDispose]();
    await dashboard?.close();
    await (await testServer()).dropAll(shopName.replaceAll("-", "_"));
  }, 60_000);

  describe("the trace of an order, in Jaeger", () => {
    let spans: JaegerSpan[];
    const one = (name: string, kind?: number) =>
      spans.find((span) => span.name === name && (kind === undefined || span.kind === kind))!;
    beforeAll(async () => {
      const answer = await fetch(`${shop.gateway}/v1/orders`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          lines: [{ offerId: "KG1001-1", quantity: 2 }],
          address: {
            name: "Gil Guest",
            email: "gil@guests.example",
            lines: ["3 Harbour Steps", "Oban PA34 4AA"],
            country: "United Kingdom",
          },
        }),
      });
      expect(answer.status, await answer.text()).toBe(200);
      // Three services handle what came of it.
      spans = await traceOf(
        await traceIdOf("POST /v1/orders"),
        (had) =>
          had.some(({ name }) => name === "saga checkout") &&
          had.filter(({ kind }) => kind === 5).length === 3,
      );
    }, 60_000);

    test("holds every service that had to do with it", () => {
      expect(services(spans)).toEqual([
        "catalog",
        "gateway",
        "inventory",
        "notifications",
        "orders",
        "payments",
        "recommendations",
        "shipping",
      ]);
      expect(brokenOf(spans)).toEqual([]);
      expect(new Set(spans.map(({ resource }) => resource["kerf.app"]))).toEqual(new Set([shopName]));
    });

    test("tells the story as we do, with parents and kinds", async () => {
      const ours = () => storyOf(receiver.spans.filter(({ traceId }) => traceId === spans[0]!.traceId));
      await expect.poll(() => ours().length, patience).toBe(spans.length);
      expect(storyOf(spans)).toEqual(ours());
      const around =
        "gateway server POST /v1/orders > gateway client orders@1.place > orders server orders@1.place";
      expect(storyOf(spans)).toContain(
        `${around} > orders internal saga checkout > orders internal step take payment > orders client payments@1.charge > payments server payments@1.charge`,
      );
    });

    test("says what each span is about, by the conventions of OpenTelemetry", () => {
      expect(one("POST /v1/orders").attributes).toMatchObject({
        "span.kind": "server",
        "http.request.method": "POST",
        "http.route": "/v1/orders",
        "http.response.status_code": 200,
        "otel.scope.name": "kerf",
        "otel.scope.version": expect.stringMatching(/^\d+\.\d+\.\d+/),
      });
      expect(one("payments@1.charge", 3).attributes).toMatchObject({
        "span.kind": "client",
        "rpc.service": "payments@1",
        "rpc.method": "charge",
        "kerf.member": "payments@1.charge",
        "kerf.caller": "orders",
        "kerf.local": true,
      });
      expect(one("INSERT postgresql").attributes).toMatchObject({ "db.system.name": "postgresql" });
      expect(one("saga checkout").attributes).toMatchObject({
        "kerf.saga": "checkout",
        "kerf.saga.outcome": "done",
      });
      expect(spans.every((span) => span.end >= span.start)).toBe(true);
    });

    test("links what handles an event with what stated it", () => {
      const stated = one("orders@1.confirm", 2);
      const handled = spans.filter(({ kind }) => kind === 5);
      for (const { links, attributes } of handled) {
        expect(links).toEqual([{ traceId: stated.traceId, spanId: stated.spanId }]);
        expect(attributes).toMatchObject({
          "messaging.destination.name": "orders@1.confirmed",
          "kerf.attempt": 1,
        });
      }
    });

    test("makes the edges of its service graph", async () => {
      expect(await stored.dependencies()).toEqual(
        expect.arrayContaining([
          "gateway > orders",
          "orders > catalog",
          "orders > inventory",
          "orders > notifications",
          "orders > payments",
          "orders > recommendations",
          "orders > shipping",
        ]),
      );
    });
  });

  describe("a trace that goes through Python", () => {
    const request = "gateway server GET /v1/fortune/:name";
    const asked = `${request} > gateway client greeter@1.fortune > greeter server greeter@1.fortune > greeter client oracle@1.fortune`;
    const theirs = `${asked} > oracle server GET /fortune/ada > oracle internal look into the future`;
    const back = `${theirs} > oracle client /kerf.greeter.v1.Greeter/Greet > greeter server greeter@1.greet`;
    let spans: JaegerSpan[];
    beforeAll(async () => {
      const answer = await fetch(`${hello.gateway}/v1/fortune/ada`);
      expect(await answer.json()).toEqual({ text: "hello, ada" });
      spans = await traceOf(await traceIdOf("look into the future"), (had) =>
        ["GET /v1/fortune/:name", "GET /fortune/ada"].every((name) => had.some((span) => span.name === name)),
      );
    }, 60_000);

    test("is one: its spans are below ours, and ours below its, when it calls back by gRPC", () => {
      const told = storyOf(spans);
      for (const path of [request, asked, theirs, back]) expect(told).toContain(path);
      expect(told).toContain(`${back} > greeter client words@1.hello > words server words@1.hello`);
      expect(told.every((path) => path.startsWith(request))).toBe(true);
      expect(brokenOf(spans)).toEqual([]);
    });

    test("says of whoever calls by gRPC and is no unit that it is nobody we know", () => {
      const called = spans.find(({ name, kind }) => name === "greeter@1.greet" && kind === 2)!;
      expect(called.attributes).toMatchObject({ "rpc.system": "grpc", "kerf.local": false });
      expect(called.attributes).not.toHaveProperty("kerf.caller");
    });

    test("is in the dashboard too, as the Collector passes it on", async () => {
      const traceId = await traceIdOf("GET /fortune/ada");
      const shown = async () => {
        const answer = await fetch(`${dashboard.endpoint}/api/traces/${traceId}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const { spans: found = [] } = (await answer.json()) as {
          spans?: { name: string; service: string }[];
        };
        return found.map(({ service, name }) => `${service} ${name}`);
      };
      await expect.poll(shown, patience).toContain("oracle GET /fortune/ada");
    });
  });

  test("metrics and logs go through the Collector, over gRPC and over HTTP", async () => {
    const from = (app: string) => (each: { resource: Readonly<Record<string, unknown>> }) =>
      each.resource["kerf.app"] === app;
    for (const app of [shopName, "hello"]) {
      const calls = () =>
        receiver.metrics.filter(from(app)).findLast(({ name }) => name === "kerf.edge.calls")?.kind;
      await expect.poll(calls, patience).toBe("sum");
      await expect.poll(() => receiver.logs.filter(from(app)).length, patience).toBeGreaterThan(0);
    }
    const words = receiver.logs.find(({ resource }) => resource["service.name"] === "words")!;
    expect(await stored.trace(words.traceId)).not.toEqual([]);
  });

  test("the Collector has nothing to complain of", () => {
    expect(passing.complaints).toEqual([]);
  });
});
