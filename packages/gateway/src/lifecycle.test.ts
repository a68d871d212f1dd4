import { connect, createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { startInventory } from "../test/inventory.ts";
import { clientOf } from "../test/client.ts";
import { exchange } from "../test/raw.ts";
import type { EdgeCall, Gateway, GatewayOptions } from "./index.ts";

let gateway: Gateway | undefined;
const { ask } = clientOf(() => gateway!.url);
afterEach(() => gateway?.drain(0));

/** A gateway whose calls wait until the test lets them go. */
async function startHeld(options: Partial<GatewayOptions> = {}) {
  const calls: { call: EdgeCall; finish(value: unknown): void; fail(error: unknown): void }[] = [];
  let arrived = Promise.withResolvers<void>();
  gateway = await startInventory({
    ...options,
    invoke: (call) =>
      new Promise((finish, fail) => {
        calls.push({ call, finish, fail });
        arrived.resolve();
        arrived = Promise.withResolvers();
      }),
  });
  return { gateway, calls, arrival: () => arrived.promise };
}

const request = "GET /v1/stock/1 HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const stock = { sku: "1", left: 7 };

describe("a deadline", () => {
  it("ends a call that takes too long with 504, and aborts it", async () => {
    const { calls } = await startHeld({ limits: { deadlineMs: 100 } });
    const started = Date.now();
    const { status, body } = await ask("/v1/stock/1");
    expect([status, body.type]).toEqual([504, "/problems/deadline-exceeded"]);
    expect(Date.now() - started).toBeLessThan(1_000);
    expect(calls[0]!.call.signal.aborted).toBe(true);
    expect(calls[0]!.call.signal.reason).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(calls[0]!.call.deadlineAt - started).toBeGreaterThanOrEqual(100);
  });

  it("drops what comes of it afterwards", async () => {
    const { calls } = await startHeld({ limits: { deadlineMs: 50 } });
    expect((await ask("/v1/stock/1")).status).toBe(504);
    expect((await ask("/v1/stock/1")).status).toBe(504);
    calls[0]!.finish(stock);
    calls[1]!.fail(new Error("late"));
    await new Promise((done) => setTimeout(done, 20));
  });

  it("bounds the question who asks, too", async () => {
    gateway = await startInventory({ identify: () => new Promise(() => {}), limits: { deadlineMs: 50 } });
    expect((await ask("/v1/stock/1")).status).toBe(504);
  });
});

describe("a client that goes away", () => {
  it("aborts its calls", async () => {
    const { calls, arrival } = await startHeld();
    const { hostname, port } = new URL(gateway!.url);
    const socket = connect(Number(port), hostname);
    const both = [arrival()];
    socket.write(request);
    await both[0];
    socket.write(request);
    await arrival();
    expect(calls.map(({ call }) => call.signal.aborted)).toEqual([false, false]);
    const aborted = once(calls[1]!.call.signal, "abort");
    socket.destroy();
    await aborted;
    expect(calls.map(({ call }) => call.signal.reason?.code)).toEqual(["CANCELLED", "CANCELLED"]);
  });

  it("does not abort a call that has ended", async () => {
    const { calls, arrival } = await startHeld();
    const arrived = arrival();
    const answer = exchange(gateway!.url, request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    await arrived;
    calls[0]!.finish(stock);
    expect((await answer).statuses).toEqual([200]);
    expect(calls[0]!.call.signal.aborted).toBe(false);
  });
});

describe("health", () => {
  it("is live from the start and ready when the unit says so", async () => {
    let ready = false;
    gateway = await startInventory({ ready: () => ready });
    expect((await ask("/livez")).status).toBe(200);
    expect((await ask("/readyz")).status).toBe(503);
    ready = true;
    expect((await ask("/readyz")).body).toEqual({ status: "ready" });
  });
});

describe("draining", () => {
  it("finishes what is under way, ends its connection, and takes no more", async () => {
    const { calls, arrival } = await startHeld();
    const arrived = arrival();
    const answer = exchange(gateway!.url, request);
    await arrived;
    const drained = gateway!.drain(5_000);
    await expect(fetch(`${gateway!.url}/livez`)).rejects.toThrow();
    calls[0]!.finish(stock);
    const { text, statuses, closed } = await answer;
    expect(statuses).toEqual([200]);
    expect(text.toLowerCase()).toContain("connection: close");
    expect(closed).toBe(true);
    const started = Date.now();
    await drained;
    expect(Date.now() - started).toBeLessThan(1_000);
  });

  it("is not ready on connections that are still open", async () => {
    const { calls, arrival } = await startHeld();
    const arrived = arrival();
    const answer = exchange(
      gateway!.url,
      request,
      { waitMs: 200 },
      request.replace("/v1/stock/1", "/readyz"),
    );
    await arrived;
    const drained = gateway!.drain(5_000);
    await new Promise((done) => setTimeout(done, 300));
    calls[0]!.finish(stock);
    // The first answer closes the connection, so the second request is left for another replica.
    expect((await answer).statuses[0]).toBe(200);
    await drained;
  });

  it("answers what comes on a kept connection, once", async () => {
    gateway = await startInventory();
    let drained: Promise<void> | undefined;
    setTimeout(() => (drained = gateway!.drain(5_000)), 100);
    const { text, statuses, closed } = await exchange(
      gateway.url,
      request,
      { waitMs: 200 },
      request.replace("/v1/stock/1", "/v1/stock/2"),
    );
    expect(statuses).toEqual([200, 200]);
    expect(text).toMatch(/connection: close/i);
    expect(closed).toBe(true);
    await drained;
  });

  it("serves a connection that another process accepted, and waits for it", async () => {
    const { calls, arrival } = await startHeld();
    const front = createServer({ pauseOnConnect: true }, (socket) => gateway!.accept(socket));
    await once(front.listen(0, "127.0.0.1"), "listening");
    const arrived = arrival();
    const answer = exchange(`http://127.0.0.1:${(front.address() as AddressInfo).port}`, request);
    await arrived;
    const drained = gateway!.drain(5_000);
    calls[0]!.finish(stock);
    await drained;
    expect((await answer).statuses).toEqual([200]);
    front.close();
  });

  it("waits neither for idle connections nor for those that never asked", async () => {
    await startHeld();
    const { hostname, port } = new URL(gateway!.url);
    const silent = connect(Number(port), hostname);
    await once(silent, "connect");
    await fetch(`${gateway!.url}/livez`);
    const started = Date.now();
    await gateway!.drain(10_000);
    expect(Date.now() - started).toBeLessThan(2_000);
    silent.destroy();
  });

  it("cuts what is not finished in time, and aborts it", async () => {
    const { calls, arrival } = await startHeld();
    const arrived = arrival();
    const answer = exchange(gateway!.url, request);
    await arrived;
    const aborted = once(calls[0]!.call.signal, "abort");
    const started = Date.now();
    await gateway!.drain(200);
    expect(Date.now() - started).toBeLessThan(1_500);
    await aborted;
    expect((await answer).statuses).toEqual([]);
  });
});
