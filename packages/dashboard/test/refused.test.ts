import { gzipSync } from "node:zlib";
import { connect } from "node:net";
import { once } from "node:events";
import { connect as channelTo, raw, service, unary } from "@kerf/grpc";
import { describe, expect, test } from "vitest";
import type { AppView } from "@kerf/dashboard/api";
import { opened, TOKEN } from "./opened.ts";

const exportTraces = service("opentelemetry.proto.collector.trace.v1.TraceService", {
  Export: unary(raw, raw),
}).methods.Export;
const span = (more: object = {}): object => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  name: "one",
  kind: 1,
  startTimeUnixNano: `${Date.now()}000000`,
  endTimeUnixNano: `${Date.now() + 1}000000`,
  ...more,
});
const request = (...spans: object[]): object => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

describe("the receiver", () => {
  test("keeps what is right of a batch and says what is not", async () => {
    const { send, read } = await opened();
    const response = await send(
      "traces",
      request(
        span(),
        span({ traceId: "00000000000000000000000000000000" }),
        span({ spanId: 5 }),
        span({ startTimeUnixNano: "soon" }),
      ),
    );
    expect(response.status).toBe(200);
    const { partialSuccess } = (await response.json()) as { partialSuccess: object };
    expect(partialSuccess).toMatchObject({
      rejectedSpans: "3",
      errorMessage: expect.stringMatching(/startTimeUnixNano/),
    });
    await expect.poll(async () => (await read<AppView>("/api/app")).kept.spans).toBe(1);
  });

  test.each([
    ["no JSON", "{", "application/json", 400],
    ["a list", "[]", "application/json", 400],
    ["no protobuf", "\u0007\u0007\u0007", "application/x-protobuf", 400],
    ["half a message", Buffer.from([0x0a, 0x7f, 0x0a]), "application/x-protobuf", 400],
    ["text", "hello", "text/plain", 415],
    ["a form", "a=b", "application/x-www-form-urlencoded", 415],
  ])("refuses %s", async (_, body, type, status) => {
    const { dashboard, errors } = await opened();
    const response = await fetch(`${dashboard.endpoint}/v1/traces`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    expect(response.status).toBe(status);
    expect(errors).toEqual([]);
  });

  test("stands JSON of the right names and wrong types", async () => {
    const { send, errors } = await opened();
    for (const body of [
      { resourceSpans: 5 },
      { resourceSpans: [null, "x", { scopeSpans: { spans: 1 } }] },
      request(
        span({
          attributes: [
            { key: 5, value: { stringValue: {} } },
            { key: "__proto__", value: { intValue: "1" } },
          ],
          events: "x",
          links: [{}],
          status: 7,
          name: {},
        }),
      ),
    ])
      expect((await send("traces", body)).status).toBe(200);
    expect(
      (
        await send("metrics", {
          resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "a", sum: { dataPoints: [{}] } }, {}] }] }],
        })
      ).status,
    ).toBe(200);
    expect(
      (
        await send("logs", {
          resourceLogs: [
            { scopeLogs: [{ logRecords: [{ body: { kvlistValue: { values: [{ key: "a" }] } } }] }] },
          ],
        })
      ).status,
    ).toBe(200);
    expect(errors).toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("refuses what is too large, packed or not, without holding it", async () => {
    const { dashboard } = await opened();
    const post = (body: Buffer, headers: Record<string, string> = {}) =>
      fetch(`${dashboard.endpoint}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage().rss;
    expect((await post(bomb, { "content-encoding": "gzip" })).status).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    expect((await post(Buffer.alloc(4), { "content-encoding": "gzip" })).status).toBe(400);
    expect((await post(Buffer.alloc(4), { "content-encoding": "br" })).status).toBe(415);
    const large = await post(Buffer.alloc(5 << 20)).catch(() => undefined);
    // The connection may end before all is sent.
    if (large) expect(large.status).toBe(413);
  });

  test("by gRPC keeps what is right and says what is not, and refuses what is too large or no OTLP", async () => {
    const { dashboard, read, errors } = await opened({ grpcPort: 0 });
    await using channel = channelTo(dashboard.grpcEndpoint!.slice("http://".length));
    const traces = (body: Uint8Array) => channel.unary(exportTraces, body);
    // One span that is nothing: { resourceSpans: [{ scopeSpans: [{ spans: [{}] }] }] }
    const answer = Buffer.from(await traces(Buffer.from([0x0a, 4, 0x12, 2, 0x12, 0])));
    expect(answer.toString("latin1")).toContain("traceId");
    await expect(traces(Buffer.from([0x0a, 0x7f, 0x0a]))).rejects.toThrow();
    await expect(traces(Buffer.alloc(5 << 20))).rejects.toMatchObject({ status: "RESOURCE_EXHAUSTED" });
    expect((await read<AppView>("/api/app")).kept.spans).toBe(0);
    // A browser does not speak it: whatever it sends ends its connection.
    await expect(
      fetch(`${dashboard.grpcEndpoint!}/v1/traces`, { method: "POST", body: "{}" }),
    ).rejects.toThrow();
    expect(errors).toEqual([]);
  });

  test("is there without gRPC where the port of that is taken", async () => {
    const first = await opened({ grpcPort: 0 });
    const taken = Number(new URL(first.dashboard.grpcEndpoint!).port);
    const { dashboard, read, errors } = await opened({ grpcPort: taken });
    expect(dashboard.grpcEndpoint).toBeUndefined();
    expect(await read<AppView>("/api/app")).toMatchObject({ app: "shop" });
    expect(errors).toMatchObject([{ code: "EADDRINUSE" }]);
  });

  test("refuses pages of a browser, and other ways and methods", async () => {
    const { dashboard } = await opened();
    const post = (path: string, headers: Record<string, string>, method = "POST") =>
      fetch(dashboard.endpoint + path, {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...(method === "POST" ? { body: "{}" } : {}),
      });
    expect((await post("/v1/traces", {})).status).toBe(200);
    expect((await post("/v1/traces", { origin: dashboard.endpoint })).status).toBe(403);
    expect((await post("/v1/nothing", {})).status).toBe(404);
    expect((await post("/v1/traces", {}, "GET")).status).toBe(405);
  });
});

describe("the page's API", () => {
  test("is only for who has the token", async () => {
    const { dashboard } = await opened();
    const { endpoint } = dashboard;
    const login = (token: unknown, headers: Record<string, string> = {}) =>
      fetch(`${endpoint}/api/session`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: endpoint, ...headers },
        body: JSON.stringify({ token }),
      });
    for (const wrong of ["", "x", `${TOKEN} `, 5, null, { length: 1 }])
      expect((await login(wrong)).status).toBe(403);
    expect((await login(TOKEN, { origin: "http://127.0.0.1:1" })).status).toBe(403);
    expect((await login(TOKEN, { origin: "null" })).status).toBe(403);
    const good = await login(TOKEN);
    expect(good.status).toBe(204);
    const cookie = good.headers.get("set-cookie")!;
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    const [pair] = cookie.split(";");
    const asked = async (headers: Record<string, string>) =>
      (await fetch(`${endpoint}/api/app`, { headers })).status;
    expect(await asked({ cookie: pair! })).toBe(200);
    expect(await asked({})).toBe(401);
    expect(await asked({ cookie: `${pair}x` })).toBe(401);
    expect(await asked({ cookie: `${pair!.split("=")[0]}=` })).toBe(401);
    // A page of another port is of the same site: its requests bring the cookie.
    expect(await asked({ cookie: pair!, "sec-fetch-site": "same-site" })).toBe(403);
    expect(await asked({ cookie: pair!, "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await asked({ cookie: pair!, origin: "http://evil.example" })).toBe(403);
  });

  test.each(["evil.example", "127.0.0.1.evil.example", "127.0.0.1:1", ""])(
    "is not there under the name %j",
    async (host) => {
      const { dashboard } = await opened();
      const { port } = new URL(dashboard.endpoint);
      for (const path of ["/", "/api/app", "/v1/traces"]) {
        const socket = connect(Number(port), "127.0.0.1");
        const name = host.includes(":") || host === "" ? host : `${host}:${port}`;
        socket.end(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
        const parts: Buffer[] = [];
        socket.on("data", (part: Buffer) => parts.push(part));
        await once(socket, "close");
        expect(Buffer.concat(parts).toString()).toMatch(/^HTTP\/1\.1 421 /);
      }
    },
  );

  test("changes nothing without an origin, and reads no body but JSON", async () => {
    const { dashboard, ask } = await opened();
    const path = "/api/dead-letters/drop";
    expect(
      (await ask(path, { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" })).status,
    ).toBe(415);
    expect(
      (await ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }))
        .status,
    ).toBe(400);
    const { headers } = await ask("/api/app");
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self';/);
    const bare = await fetch(dashboard.endpoint + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(bare.status).toBe(403);
  });

  test("says what is wrong with a question", async () => {
    const { ask, errors } = await opened();
    for (const [path, status] of [
      ["/api/traces?minMs=long", 400],
      ["/api/traces?status=bad", 400],
      ["/api/traces/xyz", 404],
      ["/api/traces/%zz", 400],
      ["/api/nothing", 404],
      ["/api/metrics/series?name=none", 404],
      ["/api/sagas", 501],
      ["/api/topology", 501],
      ["/api/traces?attribute=%22%5D'=x", 200],
      ["/api/traces?text=%25_~'%22", 200],
      ["/api/logs?traceId=nothing", 200],
    ] as const) {
      const response = await ask(path);
      expect([path, response.status]).toEqual([path, status]);
      if (status !== 200) expect(((await response.json()) as { error: string }).error).not.toContain(" at ");
    }
    expect(errors).toEqual([]);
  });

  test("gives no files from outside of the page's folder", async () => {
    const { dashboard } = await opened({ pages: import.meta.dirname });
    const get = async (path: string) => (await fetch(dashboard.endpoint + path)).status;
    expect(await get("/..%2fpackage.json")).toBe(404);
    expect(await get("/%2e%2e/package.json")).toBe(404);
    expect(await get("/%00.json")).toBe(404);
  });
});
