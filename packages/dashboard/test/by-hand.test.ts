import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { app, command, contract, event, query, service, stream } from "kerf";
import { loadGraph, stateByHand } from "@kerf/runtime";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { applicationOf, type PastGateway, type PastGatewayAnswer } from "@kerf/dashboard";
import type { CallAnswer, MembersView, Problem } from "@kerf/dashboard/api";
import { opened, TOKEN } from "./opened.ts";

const Sku = z.object({ sku: z.string() });
const stock = contract("stock", {
  version: 2,
  read: query({
    description: "How much there is.",
    http: "GET /stock/:sku",
    access: "public",
    input: Sku.extend({ at: z.array(z.string()).optional(), deep: z.boolean().optional() }),
  }),
  put: command({ http: "PUT /stock/:sku", access: "user", input: Sku.extend({ left: z.int() }) }),
  watch: stream({ http: "GET /stock/:sku/watch", access: "public", input: Sku, output: Sku }),
  inner: query({ input: Sku }),
  order: command({ input: Sku }),
  steps: stream({ input: Sku, output: Sku }),
  changed: event({ description: "It is another amount now.", data: Sku, key: "sku" }),
});
const shop = app("shop", {
  services: {
    stock: async () => ({
      default: service(
        stock,
        {},
        {
          handle: {
            read: async () => ({}),
            put: async () => ({}),
            inner: async () => ({}),
            order: async () => ({}),
            async *watch() {},
            async *steps() {},
          },
        },
      ),
    }),
  },
  topologies: { monolith: { all: "*" } },
});

interface Heard {
  readonly request: IncomingMessage;
  readonly body: string;
}

/** What stands for the gateway: it shows what it was sent, and answers as each test wants. */
let answer: (response: ServerResponse) => void = (response) => response.end();
let heard: Heard[] = [];
/** What whoever runs the units was asked, and answers. */
let past: PastGateway[] = [];
let answerPast: () => Promise<PastGatewayAnswer>;
const gateway = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    heard.push({ request, body: Buffer.concat(parts).toString() });
    answer(response);
  });
});

beforeAll(() => new Promise<void>((resolve) => void gateway.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  gateway.close();
  gateway.closeAllConnections();
});

async function page() {
  heard = [];
  const graph = await loadGraph(shop);
  const asked: string[] = [];
  past = [];
  const one = await opened({
    gateway: () => `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
    application: async () => applicationOf(graph, shop.topologies.get("monolith")!),
    state: async (given) => stateByHand(graph, given),
    async callPastGateway(call) {
      past.push(call);
      return answerPast();
    },
    identity: {
      people: [{ id: "ann", name: "Ann", roles: ["staff"] }],
      async token(person) {
        asked.push(person);
        return `token-of-${person}`;
      },
    },
  });
  const post = (path: string, body: unknown): Promise<Response> =>
    one.ask(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const call = async (body: object): Promise<CallAnswer> => {
    const response = await post("/api/call", body);
    expect(response.status).toBe(200);
    return (await response.json()) as CallAnswer;
  };
  return { ...one, post, call, tokens: asked };
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): typeof answer {
  return (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

describe("a call by hand", () => {
  test("is sent where the route has each field, as whom it is wanted", async () => {
    const { call, tokens } = await page();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    answer = json(200, { left: 3 }, { traceparent });
    expect(
      await call({ member: "stock@2.read", input: { sku: "a/b ?", at: ["x", "y&z"], deep: true } }),
    ).toMatchObject({
      request: expect.stringMatching(/^GET http:.*\/v2\/stock\/a%2Fb%20%3F\?at=x&at=y%26z&deep=true$/),
      status: 200,
      body: { left: 3 },
      id: null,
      traceId: "0af7651916cd43dd8448eb211c80319c",
    });
    expect(heard[0]!.request.headers.authorization).toBeUndefined();

    const put = await call({ member: "stock@2.put", input: { sku: "a", left: 7 }, as: "ann" });
    expect(heard[1]).toMatchObject({
      request: {
        method: "PUT",
        url: "/v2/stock/a",
        headers: { authorization: "Bearer token-of-ann", "idempotency-key": put.id },
      },
      body: '{"left":7}',
    });
    expect(tokens).toEqual(["ann"]);
    await call({ member: "stock@2.put", input: { sku: "a", left: 7 }, token: "Bearer abc.def", id: "again" });
    expect(heard[2]!.request.headers).toMatchObject({
      authorization: "Bearer abc.def",
      "idempotency-key": "again",
    });
  });

  test("shows whatever comes: a problem, no JSON, nothing, and of too much the beginning", async () => {
    const { call, errors } = await page();
    const read = { member: "stock@2.read", input: { sku: "a" } };
    const problem = { status: 404, title: "Not found" };
    answer = (response) =>
      response.writeHead(404, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
    expect(await call(read)).toMatchObject({ status: 404, body: problem, traceId: null });
    answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end("{no");
    expect(await call(read)).toMatchObject({ body: "{no" });
    answer = (response) => response.writeHead(302, { location: "http://127.0.0.1:1/elsewhere" }).end();
    expect(await call(read)).toMatchObject({ status: 302, body: null });
    let left: boolean | undefined;
    answer = (response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      const timer = setInterval(() => response.write("x".repeat(65_536)), 1);
      response.once("close", () => {
        clearInterval(timer);
        left = true;
      });
    };
    const long = await call(read);
    expect(long.truncated).toBe(true);
    expect((long.body as string).length).toBe(1 << 20);
    await expect.poll(() => left).toBe(true);
    expect(errors).toEqual([]);
  });

  test("of a stream shows the first messages", async () => {
    const { call } = await page();
    const watch = { member: "stock@2.watch", input: { sku: "a" } };
    const head = { "content-type": "text/event-stream" };
    answer = (response) => {
      response.writeHead(200, head);
      response.write('retry: 1000\n\n:\n\nid: 1\ndata: {"sku":');
      setImmediate(() => response.end('"a"}\n\nevent: end\ndata: {}\n\n'));
    };
    expect(await call(watch)).toMatchObject({ body: null, messages: [{ sku: "a" }], truncated: false });
    answer = (response) => response.writeHead(200, head).write('data: {"n":1}\n\n'.repeat(30));
    const many = await call(watch);
    expect([many.messages?.length, many.truncated]).toEqual([20, true]);
  });

  test.each([
    ["no member", {}, 400],
    ["a member that is a list", { member: ["stock@2.read"] }, 400],
    ["one that is not there", { member: "stock@1.read" }, 404],
    ["one of another kind of name", { member: "__proto__" }, 404],
    ["an event", { member: "stock@2.changed", input: { sku: "a" } }, 400],
    ["a stream without a route", { member: "stock@2.steps", input: { sku: "a" } }, 400],
    ["one without a route, with a token", { member: "stock@2.inner", token: "x" }, 400],
    ["one without a route, as nobody", { member: "stock@2.inner", as: "mallory" }, 404],
    ["an input that is a list", { member: "stock@2.read", input: [] }, 400],
    ["an input that is text", { member: "stock@2.read", input: "sku" }, 400],
    ["no field for the path", { member: "stock@2.read", input: {} }, 400],
    ["a path that leads elsewhere", { member: "stock@2.read", input: { sku: ".." } }, 400],
    ["an object in the path", { member: "stock@2.read", input: { sku: {} } }, 400],
    ["an object in the query", { member: "stock@2.read", input: { sku: "a", at: [{}] } }, 400],
    ["somebody who is not there", { member: "stock@2.read", input: { sku: "a" }, as: "mallory" }, 404],
    ["somebody who is no text", { member: "stock@2.read", input: { sku: "a" }, as: { id: "ann" } }, 400],
    ["two who call", { member: "stock@2.read", input: { sku: "a" }, as: "ann", token: "x" }, 400],
    ["a token with a line in it", { member: "stock@2.read", input: { sku: "a" }, token: "a\r\nx-a: b" }, 400],
    ["a key with a line in it", { member: "stock@2.put", input: { sku: "a" }, id: "a\nb" }, 400],
    ["a key that is too long", { member: "stock@2.put", input: { sku: "a" }, id: "k".repeat(256) }, 400],
  ])("of %s is refused before anything is sent", async (_, body, status) => {
    const { post, errors } = await page();
    const response = await post("/api/call", body);
    expect(response.status).toBe(status);
    expect(((await response.json()) as Problem).error).not.toMatch(/\bat \S+:\d+/);
    expect(heard).toEqual([]);
    expect(past).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("of what has no route goes past the gateway, to whoever runs the units", async () => {
    const { call, tokens, post } = await page();
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    answerPast = async () => ({ status: 200, body: { left: 3 }, traceId });
    expect(await call({ member: "stock@2.inner", input: { sku: "a" }, as: "ann" })).toEqual({
      request: "operator → stock@2.inner",
      status: 200,
      headers: {},
      body: { left: 3 },
      truncated: false,
      traceId,
      id: null,
      milliseconds: expect.any(Number),
    });
    const { id } = await call({ member: "stock@2.order", input: { sku: "a" } });
    await call({ member: "stock@2.order", input: { sku: "a" }, id: id! });
    expect(past.map(({ as, key }) => [as, key])).toEqual([
      ["ann", undefined],
      [undefined, id],
      [undefined, id],
    ]);
    expect([heard, tokens]).toEqual([[], []]);

    answerPast = async () => ({ status: 409, body: { code: "SoldOut", data: { sku: "a" } }, traceId });
    expect(await call({ member: "stock@2.inner" })).toMatchObject({ status: 409, body: { code: "SoldOut" } });
    answerPast = async () => ({ status: 200, body: "x".repeat(2 << 20), traceId });
    const long = await call({ member: "stock@2.inner" });
    expect([long.truncated, (long.body as string).length]).toEqual([true, 1 << 20]);
    answerPast = () => Promise.reject(new Error('the unit "all", which has stock, is not ready'));
    const gone = await post("/api/call", { member: "stock@2.inner" });
    expect(gone.status).toBe(503);
    expect(((await gone.json()) as Problem).error).toMatch(/is not ready/);
  });

  test("says so where the gateway is not there, or breaks off", async () => {
    const { post } = await page();
    const read = { member: "stock@2.read", input: { sku: "a" } };
    answer = (response) => response.destroy();
    expect((await post("/api/call", read)).status).toBe(502);
    answer = (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write("{");
      setImmediate(() => response.destroy());
    };
    expect((await post("/api/call", read)).status).toBe(502);
    const graph = await loadGraph(shop);
    const without = await opened({
      application: async () => applicationOf(graph, shop.topologies.get("monolith")!),
    });
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(read),
    };
    expect((await without.ask("/api/call", init)).status).toBe(503);
    const inner = { ...init, body: JSON.stringify({ member: "stock@2.inner" }) };
    expect((await without.ask("/api/call", inner)).status).toBe(501);
  });
});

describe("what is done by hand", () => {
  test("is for who has the token or the cookie, from the page itself or from a program", async () => {
    const { dashboard } = await page();
    answer = json(200, {});
    const body = JSON.stringify({ member: "stock@2.read", input: { sku: "a" } });
    const status = async (headers: Record<string, string>, path = "/api/call") =>
      (
        await fetch(dashboard.endpoint + path, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body,
        })
      ).status;
    const authorization = `Bearer ${TOKEN}`;
    expect(await status({ authorization })).toBe(200);
    for (const path of ["/api/call", "/api/publish", "/api/units/all/drain"]) {
      expect(await status({}, path)).toBe(403);
      expect(await status({ origin: dashboard.endpoint }, path)).toBe(401);
      expect(await status({ authorization: `${authorization}x` }, path)).toBe(401);
      expect(await status({ authorization: `Basic ${TOKEN}` }, path)).toBe(401);
      expect(await status({ authorization, origin: "http://evil.example" }, path)).toBe(403);
      expect(await status({ authorization, origin: "null" }, path)).toBe(403);
      expect(await status({ authorization, "sec-fetch-site": "same-site" }, path)).toBe(403);
    }
    // A browser asks first whether a page of another origin may send that header, and hears no.
    const preflight = await fetch(`${dashboard.endpoint}/api/call`, {
      method: "OPTIONS",
      headers: { origin: "http://evil.example", "access-control-request-headers": "authorization" },
    });
    expect(preflight.ok).toBe(false);
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    expect(heard).toHaveLength(1);
  });

  test("is of bounded length, and a JSON object", async () => {
    const { ask, errors } = await page();
    const send = async (path: string, body: string, type = "application/json") => {
      const response = await ask(path, { method: "POST", headers: { "content-type": type }, body }).catch(
        () => undefined,
      );
      // The connection may end before all is sent.
      return response?.status ?? 413;
    };
    for (const path of ["/api/call", "/api/publish"]) {
      expect(await send(path, JSON.stringify({ member: "x", input: { a: "x".repeat(2 << 20) } }))).toBe(413);
      expect(await send(path, "[]")).toBe(400);
      expect(await send(path, "{")).toBe(400);
      expect(await send(path, "{}", "text/plain")).toBe(415);
    }
    expect(await send("/api/units/all/drain", "{}")).toBe(501);
    expect(errors).toEqual([]);
  });

  test("an event of a service without a database, and so without an outbox, is not published", async () => {
    const { post } = await page();
    const response = await post("/api/publish", { channel: "stock@2.changed", data: { sku: "a" } });
    expect(response.status).toBe(400);
    expect(((await response.json()) as Problem).error).toMatch(/no database/);
    const other = await opened();
    onTestFinished(() => other.dashboard.close());
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ channel: "stock@2.changed", data: { sku: "a" } }),
    };
    expect((await other.ask("/api/publish", init)).status).toBe(501);
  });

  test("members tell what their declarations say", async () => {
    const { read } = await page();
    const { members } = await read<MembersView>("/api/members");
    expect(members.map(({ id, docs }) => [id, docs])).toEqual([
      ["stock@2.read", "How much there is."],
      ["stock@2.put", null],
      ["stock@2.watch", null],
      ["stock@2.inner", null],
      ["stock@2.order", null],
      ["stock@2.steps", null],
      ["stock@2.changed", "It is another amount now."],
    ]);
    expect(members[0]).toMatchObject({
      service: "stock",
      kind: "query",
      http: "GET /stock/:sku",
      access: "public",
      input: { type: "object", required: ["sku"] },
    });
  });
});
