import { once } from "node:events";
import { startGateway, type Gateway } from "@kerf/gateway";
import { createLog } from "@kerf/runtime/log";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openBookshop } from "./running.ts";

let application: Awaited<ReturnType<typeof openBookshop>>;
let gateway: Gateway;

beforeAll(async () => {
  application = await openBookshop();
  gateway = await startGateway({
    app: "bookshop",
    contracts: [],
    legacy: application.url,
    invoke: async () => ({}),
    host: "127.0.0.1",
    port: 0,
    log: createLog({ unit: "bookshop", level: "silent" }),
    ready: () => true,
  });
});
afterAll(async () => {
  await gateway.drain(0);
  await application[Symbol.asyncDispose]();
});

describe("the bookshop behind the gateway", () => {
  it("shows its pages, and knows its visitors by their cookie", async () => {
    const first = await fetch(gateway.url);
    expect(await first.text()).toContain("Visit 1");
    const cookie = first.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    expect(await (await fetch(gateway.url, { headers: { cookie } })).text()).toContain("Visit 2");
  });

  it("takes its forms, and sends people on", async () => {
    const posted = await fetch(`${gateway.url}/guests`, {
      method: "POST",
      body: new URLSearchParams({ name: "Ann & <Bob>" }),
      redirect: "manual",
    });
    expect([posted.status, posted.headers.get("location")]).toEqual([303, "/"]);
    expect(await (await fetch(gateway.url)).text()).toContain("<li>Ann &amp; &lt;Bob></li>");
  });

  it("hands out files, whole and if they changed", async () => {
    const whole = await fetch(`${gateway.url}/catalogue.csv`);
    expect(whole.headers.get("content-disposition")).toContain("catalogue.csv");
    expect((await whole.text()).split("\n")).toHaveLength(4);
    // Not with fetch, which then asks every cache to be passed by.
    const again = { headers: { "if-none-match": whole.headers.get("etag")! } };
    expect((await request(`${gateway.url}/catalogue.csv`, again)).statusCode).toBe(304);
  });

  it("takes uploads that are far larger than what contracts take", async () => {
    const body = new Uint8Array(5_000_000);
    const answer = await fetch(`${gateway.url}/uploads`, { method: "POST", body });
    expect(await answer.json()).toEqual({ bytes: 5_000_000 });
  });

  it("answers with JSON, its own errors included", async () => {
    const url = `${gateway.url}/api/orders`;
    expect((await fetch(url, { method: "POST" })).status).toBe(401);
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer bookshop-key" },
      body: JSON.stringify({ isbn: "9780140449136", copies: 1 }),
    });
    expect([answer.status, await answer.json()]).toEqual([409, { isbn: "9780140449136", left: 0 }]);
    expect(answer.headers.get("x-powered-by")).toBe("Express");
  });

  it("tells of events, and talks over a WebSocket", async () => {
    const events = await fetch(`${gateway.url}/events`);
    const reader = events.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("data: welcome\n\n");
    await reader.cancel();
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/chat`);
    await once(socket, "open");
    socket.send("hello");
    expect(String((await once(socket, "message"))[0])).toBe("HELLO");
    socket.close();
    await once(socket, "close");
  });
});
