import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { query, contract } from "kerf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { clientOf } from "../../../test/client.ts";
import { drip, get, host, post } from "../../../test/hostile.ts";
import { inventory, inventoryService, startInventory } from "../../../test/inventory.ts";
import { exchange } from "../../../test/raw.ts";
import type { Gateway } from "../../index.ts";

const bulk = contract("bulk", {
  version: 1,
  all: query({ http: "GET /all", access: "public", output: z.object({ text: z.string() }) }),
});
/** More than the buffers of both ends hold. */
const MUCH = "x".repeat(20_000_000);

let gateway: Gateway;
const { ask } = clientOf(() => gateway.url);
beforeAll(async () => {
  gateway = await startInventory({
    contracts: [inventory, bulk],
    invoke: async (call) => (call.member.id === bulk.all.id ? { text: MUCH } : inventoryService(call)),
    limits: { headersMs: 1_000, requestMs: 2_000, idleMs: 1_000, stalledMs: 1_000 },
  });
});
afterAll(() => gateway.drain(0));

describe.concurrent("slow clients", () => {
  it("are waited for no longer than the limit for headers", async () => {
    const { statuses, closed, ms } = await exchange(
      gateway.url,
      `GET /v1/stock/1 HTTP/1.1\r\n${host}`,
      ...drip("X-A: 1\r\n"),
    );
    expect(statuses).toEqual([408]);
    expect(closed).toBe(true);
    expect(ms).toBeLessThan(5_000);
  });

  it("are waited for no longer than the limit for a body, of either kind", async () => {
    const requests = [
      post("Content-Length: 1000\r\n", "{"),
      post("Transfer-Encoding: chunked\r\n", "1\r\n{\r\n"),
    ];
    const answers = requests.map((request) =>
      exchange(gateway.url, request, ...drip(request.includes("chunked") ? "1\r\n \r\n" : " ")),
    );
    for (const { statuses, closed, text } of await Promise.all(answers)) {
      expect(statuses).toEqual([408]);
      expect(text).toContain('"type":"/problems/request-timeout"');
      expect(closed).toBe(true);
    }
  });

  it("lose a connection on which nothing happens", async () => {
    const idle = [exchange(gateway.url), exchange(gateway.url, get("/v1/stock/1"))];
    for (const { closed } of await Promise.all(idle)) expect(closed).toBe(true);
  });

  it("lose a connection on which they read nothing of the answer", async () => {
    expect(await bytesRead(() => {}, 3_500)).toBeLessThan(MUCH.length);
  });

  it("lose a connection on which they read next to nothing", async () => {
    expect(await bytesRead((socket) => void socket.read(10), 3_500)).toBeLessThan(MUCH.length);
  });

  it("are given all of an answer that they do read, slowly", async () => {
    // A tenth of a megabyte at a time.
    const take = (socket: Socket) => void (socket.read(100_000) ?? socket.read());
    expect(await bytesRead(take, 3_500)).toBeGreaterThan(MUCH.length);
    expect((await ask("/v1/stock/1")).status).toBe(200);
  });
});

/** Asks for much, takes of it what `take` does every 50 ms for `ms`, and then all that there is until the server ends it. */
async function bytesRead(take: (socket: Socket) => void, ms: number): Promise<number> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect({ port: Number(port), host: hostname });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  await once(socket, "connect");
  // Whoever listens for "readable" reads by hand.
  socket.on("readable", () => {});
  socket.write(get("/v1/all", "Connection: close\r\n"));
  const timer = setInterval(take, 50, socket);
  await new Promise((resolve) => setTimeout(resolve, ms));
  clearInterval(timer);
  socket.removeAllListeners("readable");
  socket.resume();
  await closed;
  return socket.bytesRead;
}
