import { once } from "node:events";
import { connect } from "node:net";
import { Validator } from "@seriousme/openapi-schema-validator";
import { StatusError } from "kerf";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { identifyByName } from "../../test/inventory.ts";
import {
  countersService,
  eventsOf,
  inside,
  startCounters,
  type ServerSentEvent,
} from "../../test/streams.ts";
import type { EdgeWatch, Gateway } from "../index.ts";

let gateway: Gateway;
let last: EdgeWatch | undefined;
/** Tokens that are not valid any more. */
const expired = new Set<string>();

const ann = { authorization: "Bearer ann" };

beforeAll(async () => {
  gateway = await startCounters({
    cors: { origins: ["https://shop.example"] },
    streams: { beatMs: 60, mostEach: 8, firstMs: 100, stallMs: 1_000 },
    async identify(credentials) {
      const actor = await identifyByName(credentials);
      if (actor && expired.has(actor.id)) throw new StatusError("UNAUTHENTICATED", "the token has expired");
      return actor;
    },
    watch(call) {
      last = call;
      return countersService(call);
    },
  });
});
afterAll(() => gateway.drain(0));
beforeEach(() => expect.poll(() => inside.open).toBe(0));

const get = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(gateway.url + path, { headers, ...init });

async function all(path: string, headers: Record<string, string> = {}): Promise<ServerSentEvent[]> {
  return Array.fromAsync(eventsOf(await get(path, headers)));
}

describe("server-sent events", () => {
  it("carry each answer with its id, what the output allows and nothing else, and the end", async () => {
    const response = await get("/v1/numbers?upTo=2");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(await Array.fromAsync(eventsOf(response))).toEqual([
      { event: "message", data: '{"n":1}', id: "1" },
      { event: "message", data: '{"n":2}', id: "2" },
      { event: "end", data: "{}", id: undefined },
    ]);
    expect(last?.traceparent).toMatch(/^00-/);
  });

  it("go on where the client was cut off", async () => {
    const events = await all("/v1/numbers?upTo=5&after=1", { "last-event-id": "3" });
    expect(events.map(({ id }) => id)).toEqual(["4", "5", undefined]);
    expect((await get("/v1/numbers?upTo=5", { "last-event-id": "x\u00e9" })).status).toBe(400);
  });

  it("refuse by a status of their own until the first answer, and by an event after it", async () => {
    const refused = await get("/v1/numbers?upTo=13");
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ code: "TooMany", data: { upTo: 13 } });
    const events = await all("/v1/numbers?upTo=14");
    expect(events.map(({ event }) => event)).toEqual(["message", "problem"]);
    expect(JSON.parse(events[1]!.data)).toMatchObject({
      type: "/problems/not-found",
      detail: "there is no such number",
      instance: "/v1/numbers",
    });
  });

  it("say when to ask again, where another part of the system should be asked", async () => {
    const text = await (await get("/v1/numbers?upTo=15")).text();
    expect(text).toMatch(/data: \{"n":1\}\n\nretry: \d+\n\n$/);
  });

  it("check input and access as any other request does", async () => {
    expect((await get("/v1/numbers?upTo=x")).status).toBe(400);
    expect((await get("/v1/numbers?upTo=1&what=2")).status).toBe(400);
    expect((await get("/v1/people/ann/numbers")).status).toBe(401);
    expect((await get("/v1/people/bob/numbers", ann)).status).toBe(403);
    expect((await get("/v1/people/ann/numbers", { authorization: "Bearer bad" })).status).toBe(401);
    expect((await get("/v1/numbers", {}, { method: "POST" })).status).toBe(405);
    const head = await get("/v1/numbers?upTo=1", {}, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const page = await get("/v1/numbers?upTo=1", { origin: "https://shop.example" });
    expect(page.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    await page.text();
  });

  it("show that they live, and end inside when the client leaves", async () => {
    const leaving = new AbortController();
    const response = await get("/v1/numbers?upTo=-1", {}, { signal: leaving.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes(":\n\n")) text += (await reader.read()).value;
    expect(inside.open).toBe(1);
    leaving.abort();
    await expect.poll(() => inside.open).toBe(0);
  });

  it("end when who reads may not any more", async () => {
    const events = eventsOf(await get("/v1/people/eve/numbers", { authorization: "Bearer eve" }));
    expect((await events.next()).value).toMatchObject({ data: '{"n":1}' });
    expired.add("eve");
    const { value } = await events.next();
    expect(value).toMatchObject({ event: "problem" });
    expect(JSON.parse((value as ServerSentEvent).data)).toMatchObject({ status: 401 });
  });

  it("make no more than the client takes, and cut off who takes nothing", async () => {
    const made = inside.made;
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write("GET /v1/numbers?upTo=1000000&bytes=50000 HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect.poll(() => inside.open).toBe(1);
    await expect.poll(() => inside.open, { timeout: 5_000 }).toBe(0);
    // What the buffers of two sockets hold, of 50 GB.
    expect(inside.made - made).toBeLessThan(400);
    socket.destroy();
  });

  it("are only so many for one caller", async () => {
    const leaving = new AbortController();
    const open = () => get("/v1/people/ann/numbers", ann, { signal: leaving.signal });
    expect((await Promise.all(Array.from({ length: 8 }, open))).map(({ status }) => status)).toEqual(
      Array(8).fill(200),
    );
    const more = await open();
    expect([more.status, more.headers.get("retry-after")]).toEqual([429, "5"]);
    expect((await get("/v1/numbers?upTo=0")).status).toBe(200);
    leaving.abort();
  });
});

function socketTo(
  path: string,
  protocols: string[] = ["kerf.stream.v1"],
  headers: Record<string, string> = {},
) {
  const socket = new WebSocket(gateway.url.replace("http", "ws") + path, protocols, { headers });
  const messages: unknown[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  return { socket, messages, closed: once(socket, "close").then(([code]) => code as number) };
}

async function refusal(...given: Parameters<typeof socketTo>): Promise<number> {
  const { socket, closed } = socketTo(...given);
  closed.catch(() => {});
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
  socket.terminate();
  return response.statusCode;
}

describe("a WebSocket", () => {
  it("carries each answer, and closes well", async () => {
    const { socket, messages, closed } = socketTo("/v1/numbers?upTo=2");
    expect(await closed).toBe(1000);
    expect(socket.protocol).toBe("kerf.stream.v1");
    expect(messages).toEqual([
      { id: "1", data: { n: 1 } },
      { id: "2", data: { n: 2 } },
    ]);
  });

  it("takes a token beside its protocol, which is not sent back", async () => {
    const { socket, messages, closed } = socketTo("/v1/people/ann/numbers", ["kerf.stream.v1", "bearer.ann"]);
    await expect.poll(() => messages).toEqual([{ data: { n: 1 } }]);
    expect(socket.protocol).toBe("kerf.stream.v1");
    socket.close();
    expect(await closed).toBe(1005);
  });

  it("is refused by HTTP, by the same rules", async () => {
    expect(await refusal("/v1/people/ann/numbers")).toBe(401);
    expect(await refusal("/v1/people/bob/numbers", ["kerf.stream.v1", "bearer.ann"])).toBe(403);
    expect(await refusal("/v1/numbers?upTo=x")).toBe(400);
    expect(await refusal("/v1/people/ann/numbers", undefined, { authorization: "Bearer bad" })).toBe(401);
  });

  it("is for pages of the gateway and of the origins that may call, and no others", async () => {
    expect(await refusal("/v1/numbers?upTo=1", undefined, { origin: "https://evil.example" })).toBe(403);
    expect(await refusal("/v1/numbers?upTo=1", undefined, { origin: "null" })).toBe(403);
    for (const origin of [gateway.url, "https://shop.example"])
      expect(await socketTo("/v1/numbers?upTo=1", undefined, { origin }).closed).toBe(1000);
  });

  it("says what went wrong, and closes with 4000 and its status", async () => {
    const { messages, closed } = socketTo("/v1/numbers?upTo=14");
    expect(await closed).toBe(4404);
    expect(messages[1]).toMatchObject({ problem: { type: "/problems/not-found" } });
    expect(await socketTo("/v1/numbers?upTo=13").closed).toBe(4409);
    expect(await socketTo("/v1/numbers?upTo=15").closed).toBe(1012);
  });

  it("closes when the token is not valid any more", async () => {
    const { messages, closed } = socketTo("/v1/people/max/numbers", ["kerf.stream.v1", "bearer.max"]);
    await expect.poll(() => messages.length).toBe(1);
    expired.add("max");
    expect(await closed).toBe(4401);
  });

  it("is told nothing, and little of it", async () => {
    const { socket, closed } = socketTo("/v1/numbers?upTo=-1");
    await once(socket, "open");
    socket.send("hello");
    expect(await closed).toBe(1008);
    const other = socketTo("/v1/numbers?upTo=-1");
    await once(other.socket, "open");
    other.socket.send("x".repeat(2_000));
    expect(await other.closed).toBe(1009);
  });

  it("is ended where nobody answers its pings", async () => {
    const { socket } = socketTo("/v1/numbers?upTo=-1");
    await once(socket, "open");
    await expect.poll(() => inside.open).toBe(1);
    socket.pause();
    await expect.poll(() => inside.open).toBe(0);
    socket.terminate();
  });
});

it("streams stand in the OpenAPI document", async () => {
  const document = (await (await get("/openapi.json")).json()) as any;
  expect((await new Validator().validate(document)).errors).toBeUndefined();
  const operation = document.paths["/v1/numbers"].get;
  expect(operation.operationId).toBe("counters_v1_count");
  expect(operation.parameters.map(({ name }: { name: string }) => name)).toContain("Last-Event-ID");
  const { schema } = operation.responses["200"].content["text/event-stream"];
  expect(schema.oneOf[0].properties.data.contentSchema.properties.n).toMatchObject({ type: "integer" });
});

it("a gateway that drains tells readers to ask again", async () => {
  const other = await startCounters();
  const text = fetch(`${other.url}/v1/numbers?upTo=-1`).then((response) => response.text());
  const socket = new WebSocket(`${other.url.replace("http", "ws")}/v1/numbers?upTo=-1`);
  await once(socket, "open");
  const closed = once(socket, "close");
  await expect.poll(() => inside.open).toBe(2);
  // The first answer is waited for, for a moment.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const began = Date.now();
  await other.drain(5_000);
  expect(Date.now() - began).toBeLessThan(2_000);
  expect(await text).toMatch(/^retry: \d+\n\nretry: \d+\n\n$/);
  expect((await closed)[0]).toBe(1012);
});

it("a thousand quiet streams take little", async () => {
  const other = await startCounters({ streams: { mostEach: 2_000, firstMs: 1 } });
  const leaving = new AbortController();
  const open = () => fetch(`${other.url}/v1/numbers?upTo=-1`, { signal: leaving.signal });
  // They are kept: one that nobody holds is closed by the collector.
  const held = [await open()];
  const before = process.memoryUsage().rss;
  held.push(...(await Promise.all(Array.from({ length: 999 }, open))));
  expect(new Set(held.map(({ status }) => status))).toEqual(new Set([200]));
  await expect.poll(() => inside.open).toBe(1_000);
  const each = (process.memoryUsage().rss - before) / 1_000;
  // The clients' sockets are in this process, too.
  expect(each).toBeLessThan(200_000);
  leaving.abort();
  await other.drain(1_000);
  await expect.poll(() => inside.open).toBe(0);
});
