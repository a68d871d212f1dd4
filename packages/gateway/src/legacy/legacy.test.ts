import { METHODS, type RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { startInventory } from "../../test/inventory.ts";
import { ask, echo, lines, standBefore, type Told } from "./testing.ts";

describe("what no contract takes", () => {
  it("goes to the existing application; routes of contracts and of the gateway do not", async () => {
    await using standing = await standBefore(echo);
    const { url } = standing.gateway;
    const seen = async (method: string, path: string) => {
      const { text } = await ask(url, { method, path });
      return (JSON.parse(text) as Told).url ?? "own";
    };
    expect(await seen("GET", "/")).toBe("/");
    expect(await seen("GET", "/v1/stock/7")).toBe("own");
    expect(await seen("GET", "/v1/stock/7/")).toBe("/v1/stock/7/");
    expect(await seen("POST", "/v1/stock/7")).toBe("/v1/stock/7");
    expect(await seen("GET", "/v1/other")).toBe("/v1/other");
    expect(await seen("GET", "/v9/stock/7")).toBe("/v9/stock/7");
    expect(await seen("GET", "/readyz")).toBe("own");
    expect(await seen("POST", "/readyz")).toBe("/readyz");
  });

  it("goes there with every method that Node knows", async () => {
    await using standing = await standBefore((request, response) => {
      response.setHeader("x-method", request.method!).end();
    });
    for (const method of METHODS.filter((each) => each !== "CONNECT")) {
      const { answer } = await ask(standing.gateway.url, { method, path: "/any" });
      expect([method, answer.statusCode, answer.headers["x-method"]]).toEqual([method, 200, method]);
    }
  });

  it("is limited to some paths by `only` and `except`", async () => {
    await using standing = await standBefore(echo, { only: ["/shop", "/old/"], except: ["/shop/admin"] });
    const status = async (path: string) => (await ask(standing.gateway.url, { path })).answer.statusCode;
    expect(await status("/shop")).toBe(200);
    expect(await status("/shop?a=1")).toBe(200);
    expect(await status("/shop/admins")).toBe(200);
    expect(await status("/old/7")).toBe(200);
    expect(await status("/shopping")).toBe(404);
    expect(await status("/shop/admin")).toBe(404);
    expect(await status("/shop/admin/x")).toBe(404);
  });

  it("keeps path and query to the byte, below the path of the URL", async () => {
    await using standing = await standBefore(echo);
    const path = "/a//b;c=1/%7Euser/caf%c3%a9/x%20y?q=%2F..%2f&&empty=&=v&[]=1|2^`{}";
    const { text } = await ask(standing.gateway.url, { path });
    expect((JSON.parse(text) as Told).url).toBe(path);
    const base = await startInventory({ legacy: `${standing.originUrl}/base/` });
    expect((JSON.parse((await ask(base.url, { path: "/x?y" })).text) as Told).url).toBe("/base/x?y");
    await base.drain(0);
  });

  it("has its own rules about other origins; contracts keep theirs", async () => {
    await using standing = await standBefore(
      (request, response) => {
        response.setHeader("access-control-allow-origin", "https://theirs.example").end(request.method);
      },
      {},
      { cors: { origins: ["https://ours.example"] } },
    );
    const preflight = async (path: string, method: string) => {
      const headers = [
        "Host",
        "x",
        "Origin",
        "https://ours.example",
        "Access-Control-Request-Method",
        method,
      ];
      const { answer } = await ask(standing.gateway.url, { method: "OPTIONS", path, headers });
      return answer.headers["access-control-allow-origin"];
    };
    expect(await preflight("/v1/stock/7", "GET")).toBe("https://ours.example");
    expect(await preflight("/v1/stock/7", "POST")).toBe("https://theirs.example");
    expect(await preflight("/page", "GET")).toBe("https://theirs.example");
  });
});

describe("headers", () => {
  it("arrive as they were written, but for what concerns one connection", async () => {
    await using standing = await standBefore(echo);
    const { text } = await ask(standing.gateway.url, {
      headers: lines(
        "Host: shop.example",
        "X-Custom: One",
        "x-custom: two",
        "Cookie: a=1; b=2",
        "Authorization: Bearer secret",
        "Accept-Encoding: gzip",
        "Connection: keep-alive, X-Hop, cookie",
        "X-Hop: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "TE: trailers, deflate",
        "Proxy-Authorization: Basic x",
      ),
    });
    const { raw, headers } = JSON.parse(text) as Told;
    const custom = raw.flatMap((each, i) =>
      /^x-custom$/i.test(each) && i % 2 === 0 ? [each, raw[i + 1]] : [],
    );
    expect(custom).toEqual(["X-Custom", "One", "x-custom", "two"]);
    expect(headers).toMatchObject({
      host: "shop.example",
      cookie: "a=1; b=2",
      authorization: "Bearer secret",
      "accept-encoding": "gzip",
      te: "trailers",
      via: "1.1 kerf-shop",
    });
    for (const gone of ["x-hop", "keep-alive", "proxy-connection", "proxy-authorization"])
      expect(headers).not.toHaveProperty(gone);
  });

  it("say where a request came from, whatever a stranger says", async () => {
    await using standing = await standBefore(echo);
    const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const { text } = await ask(standing.gateway.url, {
      headers: lines(
        "Host: shop.example:8080",
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil",
        "X-Forwarded-Prefix: /evil",
        "Forwarded: for=1.2.3.4",
        "X-Real-IP: 1.2.3.4",
        `traceparent: ${trace}`,
        "tracestate: a=b",
        "baggage: user=1",
      ),
    });
    const { headers } = JSON.parse(text) as Told;
    expect(headers).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.example:8080",
      forwarded: 'for=127.0.0.1;host="shop.example:8080";proto=http',
    });
    expect(headers["traceparent"]).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    expect(headers["traceparent"]).not.toContain(trace.slice(3, 35));
    for (const gone of ["x-forwarded-prefix", "x-real-ip", "tracestate", "baggage"])
      expect(headers).not.toHaveProperty(gone);
  });

  it("keep what proxies of one's own said, and no more", async () => {
    await using standing = await standBefore(echo, {}, { trustedProxies: 1 });
    const { text } = await ask(standing.gateway.url, {
      headers: lines(
        "Host: inner",
        "X-Forwarded-For: 6.6.6.6, 2001:db8::7",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: shop.example",
      ),
    });
    expect((JSON.parse(text) as Told).headers).toMatchObject({
      "x-forwarded-for": "2001:db8::7, 127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.example",
      forwarded: 'for="[2001:db8::7]";host=shop.example;proto=https, for=127.0.0.1',
    });
  });

  it("name the target as Host where that is asked for", async () => {
    await using standing = await standBefore(echo, { hostHeader: "target" });
    const { text } = await ask(standing.gateway.url);
    expect((JSON.parse(text) as Told).headers["host"]).toBe(new URL(standing.originUrl).host);
  });

  it("of the answer come back as they were written", async () => {
    await using standing = await standBefore((_request, response) => {
      response.writeHead(
        302,
        "Over There",
        lines(
          "Location: http://elsewhere.example/x",
          "Set-Cookie: a=1; HttpOnly",
          "set-cookie: b=2",
          "X-Hop: 1",
          "Connection: X-Hop, keep-alive",
          "Content-Length: 0",
          "Date: Sat, 21 Nov 2026 00:00:00 GMT",
        ),
      );
      response.end();
    });
    const { answer } = await ask(standing.gateway.url);
    expect([answer.statusCode, answer.statusMessage]).toEqual([302, "Over There"]);
    expect(answer.headers).toMatchObject({
      location: "http://elsewhere.example/x",
      "set-cookie": ["a=1; HttpOnly", "b=2"],
      date: "Sat, 21 Nov 2026 00:00:00 GMT",
    });
    expect(answer.rawHeaders).toContain("Set-Cookie");
    expect(answer.headers).not.toHaveProperty("x-hop");
  });

  it("rewrite a Location of the application's own only where that is asked for", async () => {
    const listener: RequestListener = (request, response) => {
      const own = `http://127.0.0.1:${request.socket.localPort}`;
      response
        .writeHead(302, { location: request.url === "/other" ? "https://other/x" : `${own}/base//y?z#w` })
        .end();
    };
    await using plain = await standBefore(listener);
    expect((await ask(plain.gateway.url)).answer.headers["location"]).toBe(`${plain.originUrl}/base//y?z#w`);
    const rewriting = await startInventory({
      legacy: { url: `${plain.originUrl}/base`, rewriteRedirects: true },
    });
    expect((await ask(rewriting.url)).answer.headers["location"]).toBe("/y?z#w");
    await rewriting.drain(0);
  });
});

describe("paths of the application that contracts take over", () => {
  it("are answered by the contract, with every method that it has", async () => {
    await using standing = await standBefore(echo, { contractsBelow: { "/api": 1, "/api/new/": 2 } });
    const get = async (path: string, method = "GET") =>
      JSON.parse((await ask(standing.gateway.url, { path, method })).text) as Record<string, unknown>;
    expect(await get("/api/stock/7")).toEqual({ sku: "7", left: 7 });
    expect(await get("/v1/stock/7")).toEqual({ sku: "7", left: 7 });
    expect(await get("/api/new/shelves")).toEqual({ shelves: ["A"] });
    expect(await get("/api/stock/7", "POST")).toMatchObject({ url: "/api/stock/7" });
    expect(await get("/api/shelves")).toMatchObject({ url: "/api/shelves" });
  });
});
