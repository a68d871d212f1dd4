import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { startInventory } from "../../test/inventory.ts";
import { exchange } from "../../test/raw.ts";
import { echo, standBefore } from "./testing.ts";

describe("failures", () => {
  it("is 502 where nothing answers, or what answers is not HTTP", async () => {
    const garbage = createServer((socket) => void socket.resume().end("hello\r\n\r\n"));
    await once(garbage.listen(0, "127.0.0.1"), "listening");
    const { port } = garbage.address() as AddressInfo;
    const broken = await startInventory({ legacy: `http://127.0.0.1:${port}` });
    const response = await fetch(`${broken.url}/x`);
    expect(response.status).toBe(502);
    const told = await response.json();
    expect(told).toMatchObject({ type: "/problems/legacy-unreachable", instance: "/x" });
    expect(JSON.stringify(told)).not.toContain(String(port));
    garbage.close();
    await once(garbage, "close");
    expect((await fetch(`${broken.url}/x`, { method: "POST", body: "x" })).status).toBe(502);
    await broken.drain(0);
  });

  it("is 504 where it takes too long to answer", async () => {
    await using standing = await standBefore(() => {}, { timeouts: { responseMs: 100 } });
    const response = await fetch(`${standing.gateway.url}/x`);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ type: "/problems/legacy-timeout" });
  });

  it("cuts an answer that broke off, so that it does not look whole", async () => {
    await using standing = await standBefore((_request, response) => {
      response.writeHead(200).write("half", () => response.destroy());
    });
    const response = await fetch(`${standing.gateway.url}/x`);
    await expect(response.text()).rejects.toThrow();
  });

  it("is 508 where the application is the gateway itself", async () => {
    await using standing = await standBefore(echo);
    const looping = createServer((socket) => {
      const other = connect(Number(new URL(gateway.url).port), "127.0.0.1");
      socket.pipe(other).pipe(socket);
    });
    await once(looping.listen(0, "127.0.0.1"), "listening");
    const gateway = await startInventory({
      legacy: `http://127.0.0.1:${(looping.address() as AddressInfo).port}`,
    });
    expect((await fetch(`${gateway.url}/x`)).status).toBe(508);
    looping.close();
    await gateway.drain(0);
    expect((await fetch(`${standing.gateway.url}/x`)).status).toBe(200);
  });

  it("of a kept connection that was just closed is not seen", async () => {
    let sockets = 0;
    await using standing = await standBefore((_request, response) => response.end("ok"));
    standing.origin.keepAliveTimeout = 0;
    standing.origin.on("connection", (socket) => {
      sockets++;
      // Closes when the second request arrives: before any of it is answered.
      let requests = 0;
      socket.prependListener("data", () => ++requests === 2 && socket.destroy());
    });
    for (let i = 0; i < 5; i++) expect((await fetch(`${standing.gateway.url}/x`)).status).toBe(200);
    expect(sockets).toBeGreaterThan(1);
  });

  it("of a client end the request at the application", async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    await using standing = await standBefore((request) => arrived.resolve(request));
    const { hostname, port } = new URL(standing.gateway.url);
    const socket = connect(Number(port), hostname);
    socket.write("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    const { socket: inner } = await arrived.promise;
    const closed = new Promise((done) => inner.once("close", done));
    socket.destroy();
    await closed;
  });
});

describe("draining", () => {
  it("finishes what is under way and ends its connection", async () => {
    const held = Promise.withResolvers<() => void>();
    await using standing = await standBefore((_request, response) => {
      held.resolve(() => response.end("done"));
    });
    const answer = exchange(standing.gateway.url, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    const finish = await held.promise;
    const drained = standing.gateway.drain(5_000);
    // By then the gateway has closed what it does not use.
    await expect(fetch(standing.gateway.url)).rejects.toThrow();
    finish();
    const { text, closed } = await answer;
    expect(text).toContain("done");
    expect(text).toMatch(/connection: close/i);
    expect(closed).toBe(true);
    await drained;
  });
});
