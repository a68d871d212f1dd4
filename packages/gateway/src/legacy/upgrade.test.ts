import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startInventory } from "../../test/inventory.ts";
import { exchange } from "../../test/raw.ts";
import { standBefore } from "./testing.ts";

/** An application with a WebSocket that answers what it is told, below /live. */
async function standBeforeSockets(settings: object = {}) {
  const standing = await standBefore(
    (_request, response) => response.writeHead(404).end("nothing"),
    settings,
  );
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "chat" });
  standing.origin.on("upgrade", (request, socket, head) => {
    if (!request.url!.startsWith("/live")) {
      return void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.send(`${request.url} ${request.headers["x-forwarded-for"]} ${request.headers.cookie}`);
      opened.on("message", (data, binary) => opened.send(data, { binary }));
    });
  });
  return { standing, sockets, url: standing.gateway.url.replace("http", "ws") };
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

describe("a WebSocket", () => {
  it("goes through, both ways", async () => {
    const { standing, sockets, url } = await standBeforeSockets();
    await using _ = standing;
    const socket = new WebSocket(`${url}/live?room=7`, "chat", {
      headers: { cookie: "a=1", "x-forwarded-for": "1.2.3.4" },
    });
    const first = once(socket, "message");
    await once(socket, "open");
    expect(socket.protocol).toBe("chat");
    expect(String((await first)[0])).toBe("/live?room=7 127.0.0.1 a=1");
    const large = Buffer.alloc(300_000, 7);
    socket.send(large);
    expect(Buffer.compare((await once(socket, "message"))[0] as Buffer, large)).toBe(0);
    socket.close(4001, "enough");
    const [inner] = [...sockets.clients];
    expect(await once(inner!, "close")).toEqual([4001, Buffer.from("enough")]);
  });

  it("ends on one side when it ends on the other", async () => {
    const { standing, sockets, url } = await standBeforeSockets();
    await using _ = standing;
    const outer = new WebSocket(`${url}/live`);
    await once(outer, "message");
    const gone = once(outer, "close");
    [...sockets.clients][0]!.terminate();
    expect((await gone)[0]).toBe(1006);
    const another = new WebSocket(`${url}/live`);
    await once(another, "message");
    const left = once([...sockets.clients][0]!, "close");
    another.terminate();
    await left;
  });

  it("that the application refuses is refused as it says", async () => {
    const { standing } = await standBeforeSockets();
    await using _ = standing;
    const { text, closed } = await exchange(standing.gateway.url, upgrade("/other"));
    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(text).toMatch(/\r\n\r\nno$/);
    expect(closed).toBe(true);
  });

  it("is looked at as every other request is", async () => {
    const { standing } = await standBeforeSockets();
    await using _ = standing;
    for (const path of ["/live/%2e%2e/x", "http://evil/live", `/live?${"a".repeat(3_000)}`]) {
      const { statuses, closed } = await exchange(standing.gateway.url, upgrade(path));
      expect([path, statuses[0]! >= 400, closed]).toEqual([path, true, true]);
    }
  });

  it("does not reach the path of a contract, nor what `except` names", async () => {
    const { standing } = await standBeforeSockets({ except: ["/live/inner"] });
    await using _ = standing;
    expect((await exchange(standing.gateway.url, upgrade("/v1/stock/7"))).statuses).toEqual([200]);
    expect((await exchange(standing.gateway.url, upgrade("/live/inner"))).statuses).toEqual([404]);
  });

  it("is 502 where nothing answers", async () => {
    const { standing } = await standBeforeSockets();
    const { port } = standing.origin.address() as AddressInfo;
    await standing[Symbol.asyncDispose]();
    const gateway = await startInventory({ legacy: `http://127.0.0.1:${port}` });
    const { text, statuses } = await exchange(gateway.url, upgrade("/live"));
    expect(statuses).toEqual([502]);
    expect(text).toContain("/problems/legacy-unreachable");
    await gateway.drain(0);
  });

  it("ends when the gateway drains", async () => {
    const { standing, url } = await standBeforeSockets();
    const socket = new WebSocket(`${url}/live`);
    await once(socket, "message");
    const gone = once(socket, "close");
    const started = Date.now();
    await standing.gateway.drain(10_000);
    await gone;
    expect(Date.now() - started).toBeLessThan(3_000);
    await standing[Symbol.asyncDispose]();
  });
});
