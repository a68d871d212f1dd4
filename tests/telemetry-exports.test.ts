import { latencyBounds } from "kerf";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { otlpReceiver, type Receiver } from "../packages/telemetry/src/testing/index.ts";
import {
  checkMetrics,
  kerfExport,
  kerfStart,
  prometheus,
  withoutPrometheus,
  type Started,
} from "./telemetry/processes.ts";
import { durationBounds } from "../packages/telemetry/src/metrics/histogram.ts";
import { faster, queriesOf, watchedBank, type Rule } from "./telemetry/exported.ts";
import { metricsOf, readsOf } from "./telemetry/promql.ts";
import { storyOf } from "./telemetry/story.ts";

/** What must never be told, wherever it is given. */
const secret = "hunter2hunter2";

async function exporting(receiver: Receiver, more: Record<string, string> = {}): Promise<Started> {
  return kerfStart({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_METRIC_EXPORT_INTERVAL: "500",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test,service.version=1.2.3",
    ...more,
  });
}

describe("a unit that exports over OTLP", () => {
  let receiver: Receiver;
  let unit: Started;
  const get = (path: string) => fetch(`${unit.gateway}${path}`);
  beforeAll(async () => {
    receiver = await otlpReceiver();
    unit = await exporting(receiver);
  }, 60_000);
  afterAll(async () => {
    await unit?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
  });

  /** The spans of the trace that an answer names, when so many are there. */
  async function traceOf(answer: Response, spans: number) {
    const traceId = answer.headers.get("traceparent")?.slice(3, 35) ?? ((await answer.json()) as any).traceId;
    const found = () => receiver.spans.filter((span) => span.traceId === traceId);
    await expect.poll(() => found().length, { timeout: 10_000 }).toBe(spans);
    return found();
  }
  /** Of the answer that has succeeded last: it names no trace. */
  async function lastTrace(path: string, spans: number) {
    receiver.spans.length = 0;
    await get(path);
    await expect.poll(() => receiver.spans.length, { timeout: 10_000 }).toBe(spans);
    return receiver.spans.slice();
  }

  test("tells of a request what happened, in protobuf, and has a library's spans among its own", async () => {
    const spans = await lastTrace(`/v1/greet/ada?pin=${secret}`, 7);
    const request = "gateway server GET /v1/greet/:name";
    const greet = `${request} > gateway client greeter@1.greet > greeter server greeter@1.greet`;
    const hello = `${greet} > greeter client words@1.hello > words server words@1.hello`;
    expect(storyOf(spans)).toEqual([
      request,
      `${request} > gateway client greeter@1.greet`,
      greet,
      `${greet} > greeter client words@1.hello`,
      hello,
      `${hello} > words internal look up`,
      `${hello} > words internal look up > words internal inner`,
    ]);
    expect(receiver.contentTypes).toContain("application/x-protobuf");
    expect(spans.find(({ kind, name }) => kind === 2 && name.startsWith("GET"))!.attributes).toMatchObject({
      "http.request.method": "GET",
      "http.route": "/v1/greet/:name",
      "http.response.status_code": 200,
      "url.path": "/v1/greet/ada",
    });
    const library = spans.find(({ name }) => name === "look up")!;
    expect([library.scope, library.attributes]).toEqual(["a library", { found: true }]);
    expect(library.resource).toMatchObject({
      "service.name": "words",
      "service.namespace": "hello",
      "service.version": "1.2.3",
      "deployment.environment.name": "test",
      "kerf.unit": "all",
    });
    expect(JSON.stringify(receiver.spans, (_, v) => (typeof v === "bigint" ? `${v}` : v))).not.toContain(
      secret,
    );
  });

  test("tells what a contract declares apart from what nobody expected", async () => {
    const refused = await traceOf(await get("/v1/greet/nobody"), 5);
    const statuses = (spans: typeof refused) =>
      Object.fromEntries(spans.map((s) => [`${s.resource["service.name"]} ${s.kind}`, s.status]));
    // Whoever asked failed; whoever refused did what it should.
    expect(statuses(refused)).toEqual({
      "gateway 2": 0,
      "gateway 3": 2,
      "greeter 2": 0,
      "greeter 3": 2,
      "words 2": 0,
    });
    expect(refused.find((s) => s.kind === 3)!.attributes).toMatchObject({ "kerf.error.code": "Nobody" });
    const broken = await traceOf(await get("/v1/greet/broken"), 5);
    expect(new Set(Object.values(statuses(broken)))).toEqual(new Set([2]));
    expect(JSON.stringify(broken, (_, v) => (typeof v === "bigint" ? `${v}` : v))).not.toContain(
      "nobody outside",
    );
  });

  test("sends its log too, without secrets and with the trace", async () => {
    receiver.logs.length = 0;
    await get(`/v1/greet/ada?pin=${secret}`);
    const broken = await traceOf(await get("/v1/greet/broken"), 5);
    const { traceId } = broken[0]!;
    const said = (body: string) =>
      receiver.logs.find((record) => record.traceId === traceId && record.body === body);
    await expect.poll(() => said("words@1.hello failed"), { timeout: 10_000 }).toBeDefined();
    const [asked, failed] = [said("asked"), said("words@1.hello failed")];
    expect(asked).toMatchObject({
      severity: 9,
      severityText: "info",
      body: "asked",
      resource: { "service.name": "words", "kerf.unit": "all" },
      attributes: { "kerf.member": "words@1.hello", name: "broken" },
      spanId: broken.find((span) => span.kind === 2 && span.name === "words@1.hello")?.spanId,
    });
    expect(failed).toMatchObject({ severity: 17, attributes: { "exception.type": "Error" } });
    expect(String(failed!.attributes["exception.stacktrace"])).toContain("service.ts");
    const written = receiver.logs.find(
      ({ body, attributes }) => body === "asked" && attributes["name"] === "ada",
    )!;
    expect(written.attributes["password"]).toBe("[redacted]");
    expect(JSON.stringify(receiver.logs)).not.toContain(secret);
  });

  test("sends its counts too", async () => {
    await get("/v1/greet/ada");
    const edge = (name: string) =>
      receiver.metrics
        .findLast((metric) => metric.name === name)
        ?.points.find(
          ({ attributes }) => attributes["kerf.caller"] === "greeter" && attributes["kerf.local"] === true,
        );
    await expect.poll(() => edge("kerf.edge.calls")?.value, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(edge("kerf.edge.request.bytes")!.value).toBeGreaterThan(0);
    const names = new Set(receiver.metrics.map(({ name }) => name));
    for (const name of ["kerf.edge.duration", "nodejs.eventloop.delay.p99", "v8js.memory.heap.used"])
      expect(names).toContain(name);
  });

  test("what reads the log finds in its lines what it looks for", async () => {
    const config = "telemetry/app/kerf.config.ts";
    const [fluentBit, logstash] = await Promise.all([
      kerfExport("fluent-bit", config),
      kerfExport("logstash", config),
    ]);
    await get("/v1/greet/broken");
    const ofFailure = () => {
      const lines = unit.lines().map((text) => JSON.parse(text) as Record<string, any>);
      const failed = lines.find((one) => one["err"]);
      return lines.filter((one) => failed !== undefined && one["traceId"] === failed["traceId"]);
    };
    await expect.poll(ofFailure, { timeout: 10_000 }).not.toEqual([]);
    // What the handler said, and what was said of its failure.
    const line: Record<string, any> = Object.assign({}, ...ofFailure());

    const { parsers, pipeline } = parse(fluentBit.get("fluent-bit.yaml")!);
    const numbers: Record<string, string> = {
      Y: "\\d{4}",
      m: "\\d\\d",
      d: "\\d\\d",
      H: "\\d\\d",
      M: "\\d\\d",
      S: "\\d\\d",
      L: "\\d{3}",
    };
    const format = parsers[0].time_format
      .replaceAll(".", "\\.")
      .replace(/%(\w)/g, (_: string, part: string) => numbers[part]);
    expect(line[parsers[0].time_key]).toMatch(new RegExp(`^${format}$`));
    const renamed = pipeline.filters[1].rename.map((each: string) => each.split(" ")[0]);
    const labels = pipeline.outputs[0].label_keys.split(",").map((key: string) => key.slice(1));
    for (const key of [...renamed, ...labels, "member"])
      if (key !== "log") expect(line, key).toHaveProperty(key);

    const mutated = [...logstash.get("logstash.conf")!.matchAll(/^ +"(\S+)" => "(\S+)"$/gm)];
    expect(mutated.length).toBeGreaterThan(8);
    for (const [, from] of mutated) {
      const path = from!.match(/[^[\]]+/g)!;
      // Only errors of some libraries have one.
      if (path.join(".") !== "err.code") expect(line).toHaveProperty(path);
    }
    expect(new Date(line["time"]).toISOString()).toBe(line["time"]);
  });

  test("a stranger's trace context is not taken over", async () => {
    const theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const answer = await fetch(`${unit.gateway}/v1/greet/nobody`, { headers: { traceparent: theirs } });
    const [first] = await traceOf(answer, 5);
    expect(first!.traceId).not.toBe(theirs.slice(3, 35));
  });
});

test("of traces that were not chosen only those leave in which something failed", async () => {
  await using receiver = await otlpReceiver();
  await using unit = await exporting(receiver, {
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  });
  await fetch(`${unit.gateway}/v1/greet/ada`);
  await fetch(`${unit.gateway}/v1/greet/broken`);
  await fetch(`${unit.gateway}/v1/greet/ada`);
  await unit[Symbol.asyncDispose]();
  expect(receiver.contentTypes.every((type) => type.includes("json"))).toBe(true);
  expect(receiver.spans.map(({ status }) => status)).toEqual([2, 2, 2, 2, 2]);
}, 60_000);

test("what is sent is told only where that is asked for, without what contracts call sensitive", async () => {
  await using receiver = await otlpReceiver();
  await using unit = await exporting(receiver, { KERF_TRACE_PAYLOADS: "true" });
  await fetch(`${unit.gateway}/v1/greet/ada?pin=${secret}`);
  await unit[Symbol.asyncDispose]();
  const call = receiver.spans.find(({ name, kind }) => name === "words@1.hello" && kind === 3)!;
  expect(JSON.parse(String(call.attributes["kerf.request.body"]))).toEqual({
    name: "ada",
    pin: "[sensitive]",
  });
  expect(JSON.parse(String(call.attributes["kerf.reply.body"]))).toEqual({ text: "hello, ada" });
  expect(call.attributes["kerf.request.bytes"]).toBeGreaterThan(0);
  const all = JSON.stringify(receiver.spans, (_, value) => (typeof value === "bigint" ? `${value}` : value));
  expect(all).not.toContain(secret);
}, 60_000);

test("where the collector is away, requests are answered all the same", async () => {
  await using receiver = await otlpReceiver();
  await using unit = await exporting(receiver);
  receiver.fail(400);
  for (let i = 0; i < 5; i++) expect((await fetch(`${unit.gateway}/v1/greet/ada`)).status).toBe(200);
  const metrics = async () => (await fetch(`${unit.health}/metrics`)).text();
  await expect.poll(metrics, { timeout: 10_000 }).toMatch(/^kerf_telemetry_spans_dropped_total [1-9]\d*$/m);
}, 60_000);

test("every time that can be promised is a bound of the histogram that is looked at", () => {
  const unitSeconds = { us: 1e-6, ms: 1e-3, s: 1 };
  for (const bound of latencyBounds) {
    const [, number, unit] = /^([\d.]+)(\w+)$/.exec(bound)!;
    const seconds = Number(number) * unitSeconds[unit as keyof typeof unitSeconds];
    expect(
      durationBounds.some((one) => Math.abs(one - seconds) < 1e-9),
      bound,
    ).toBe(true);
  }
});

describe.skipIf(withoutPrometheus)("Prometheus", () => {
  test("accepts /metrics, and finds an exemplar that names a trace", async () => {
    await using receiver = await otlpReceiver();
    await using unit = await exporting(receiver);
    for (let i = 0; i < 3; i++) await fetch(`${unit.gateway}/v1/greet/ada`);
    await fetch(`${unit.gateway}/v1/greet/nobody`);
    const answer = await fetch(`${unit.health}/metrics`);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const body = await answer.text();
    expect(checkMetrics(body)).toBe("");
    expect(body).toContain("# TYPE kerf_edge_duration_seconds histogram");
    expect(body).toMatch(/^kerf_edge_errors_total\{.*kerf_caller="greeter".*error_type="Nobody"\} 1$/m);

    await using server = await prometheus(unit.health);
    const calls = async () =>
      (
        await server
          .query("query?query=kerf_edge_calls_total%7Bkerf_caller%3D%22greeter%22%7D")
          .catch(() => {})
      )?.result?.[0]?.value?.[1];
    await expect.poll(calls, { timeout: 20_000 }).toBe("4");
    const exemplars = await server.query(
      `query_exemplars?query=kerf_edge_duration_seconds_bucket&start=0&end=${Date.now() / 1_000 + 60}`,
    );
    const { trace_id: traceId } = exemplars[0].exemplars[0].labels;
    await expect
      .poll(() => receiver.spans.map((span) => span.traceId), { timeout: 10_000 })
      .toContain(traceId);
  }, 60_000);

  test("finds its metrics where nothing is exported, and none where telemetry is off", async () => {
    await using unit = await kerfStart({});
    await fetch(`${unit.gateway}/v1/greet/ada`);
    expect(await (await fetch(`${unit.health}/metrics`)).text()).toContain("kerf_edge_calls_total{");
    await using off = await kerfStart({ OTEL_SDK_DISABLED: "true" });
    expect((await fetch(`${off.health}/metrics`)).status).toBe(404);
  }, 60_000);

  test("takes the rules that are exported of an application, and has an answer to each query of its dashboards", async () => {
    const exported = Promise.all([
      kerfExport("prometheus", "fixture/app.ts"),
      kerfExport("grafana", "fixture/app.ts"),
    ]);
    await using watched = await watchedBank();
    const [rules, dashboards] = await exported;
    await using server = await prometheus(watched.url, faster(rules, watched.url));
    const shown = async () => {
      // Until something was collected there is no series of that.
      void Array.from({ length: 200_000 }, (_, i) => ({ i }));
      return metricsOf(await watched.metrics());
    };
    const late = ["v8js_gc_duration_seconds_sum", "kerf_event_lag_messages", "kerf_saga_active"];
    await expect
      .poll(async () => [...(await shown()).keys()], { timeout: 10_000 })
      .toEqual(expect.arrayContaining(late));
    const known = await shown();
    for (const [name, labels] of known) known.set(name, new Set([...labels, "job", "instance", "unit"]));
    known.set("up", new Set(["job", "instance", "unit"]));
    const groups = ["recording.rules.yml", "alerts.rules.yml"].flatMap(
      (name) => (parse(rules.get(name)!) as { groups: { rules: Rule[] }[] }).groups,
    );
    const all = groups.flatMap((group) => group.rules);
    const burn = "member:kerf_budget_burn:ratio_rate1h";
    for (const { record, labels } of all)
      if (record)
        known.set(
          record,
          new Set([...known.get("kerf_edge_calls_total")!, ...Object.keys(labels ?? {}), "objective"]),
        );
    const asked = queriesOf(dashboards);
    const queries = asked.map(({ query }) => query);
    expect(queries.length).toBeGreaterThan(30);

    for (const query of [...all.map(({ expr }) => expr), ...queries]) {
      const { metrics, labels } = readsOf(query);
      for (const metric of metrics) expect(known.keys(), query).toContain(metric);
      const have = new Set([...metrics].flatMap((metric) => [...known.get(metric)!]));
      for (const label of labels) expect(have, query).toContain(label);
    }

    const answer = async (query: string) =>
      (await server.query(`query?query=${encodeURIComponent(query)}`).catch(() => {}))?.result as
        | { metric: Record<string, string> }[]
        | undefined;
    const promises = async () => new Set((await answer(burn))?.map(({ metric }) => metric.objective));
    await expect.poll(promises, { timeout: 20_000 }).toEqual(new Set(["availability", "latency"]));
    const states = (await server.query("rules")).groups.flatMap((group: any) => group.rules);
    expect(states).toHaveLength(all.length);
    expect(states.filter((rule: any) => rule.health === "err")).toEqual([]);
    for (const { record } of all)
      if (record) await expect.poll(() => answer(record), { timeout: 10_000 }).not.toEqual([]);
    let unanswered: readonly string[] = queries;
    const ask = async () => {
      const answers = await Promise.all(unanswered.map(answer));
      return (unanswered = unanswered.filter((_, i) => !answers[i]?.length));
    };
    await expect.poll(ask, { timeout: 10_000 }).toEqual([]);

    const named = async (label: string, place: string) => {
      const { query } = asked.find((one) => one.place === `fixture-${place}`)!;
      return (await answer(query))?.map(({ metric }) => metric[label]);
    };
    for (const place of ["edges.json: Errors", "services.json: Errors by member"])
      expect(new Set(await named("error_type", place)), place).toEqual(new Set(["INTERNAL"]));
    for (const place of ["edges.json: Refusals", "services.json: Refusals by member"]) {
      const types = await named("error_type", place);
      expect(types, place).toContain("NoSuchAccount");
      expect(types, place).not.toContain("INTERNAL");
    }
    expect(await named("error_type", "services.json: Errors of streams")).toEqual(["INTERNAL"]);
    expect(await named("error_type", "services.json: Refusals of streams")).toEqual(["NoSuchAccount"]);
    // What is called, and what only streams.
    expect(await named("kerf_member", "services.json: Member")).toEqual(
      expect.arrayContaining(["accounts@1.balance", "accounts@1.numbers", "accounts@1.watch"]),
    );
  }, 60_000);
});
