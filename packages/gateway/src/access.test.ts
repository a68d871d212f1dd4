import { once } from "node:events";
import http from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../test/client.ts";
import { inventoryService, startInventory } from "../test/inventory.ts";
import { developmentIdentity, type EdgeCall, type Gateway } from "./index.ts";

let gateway: Gateway;
let last: EdgeCall | undefined;
const { ask, send } = clientOf(() => gateway.url);

beforeAll(async () => {
  gateway = await startInventory({
    invoke(call) {
      last = call;
      return inventoryService(call);
    },
  });
});
afterAll(() => gateway.drain(0));

const ann = { authorization: "Bearer ann" };
const order = { orderId: "536365", lines: [{ sku: "85123A", quantity: 6 }] };

describe("access", () => {
  it("admits strangers to what is public only", async () => {
    const { status, headers, body } = await send("POST", "/v1/reservations", order);
    expect([status, body.type]).toEqual([401, "/problems/unauthenticated"]);
    expect(headers.get("www-authenticate")).toBe("Bearer");
  });

  it("says who asks to the service", async () => {
    expect((await send("POST", "/v1/reservations", order, ann)).status).toBe(200);
    expect(last?.actor).toEqual({ id: "ann", roles: [] });
    await ask("/v1/stock/1");
    expect(last?.actor).toBeUndefined();
  });

  it("refuses a credential that is not valid, even for what is public", async () => {
    const { status, headers, body } = await ask("/v1/stock/1", { headers: { authorization: "Bearer bad" } });
    expect([status, body.detail]).toEqual([401, "the token has expired"]);
    expect(headers.get("www-authenticate")).toContain("invalid_token");
  });

  it("asks for a role", async () => {
    expect((await send("PUT", "/v1/stock/1", { left: 1 }, ann)).status).toBe(403);
    expect(
      (await send("PUT", "/v1/stock/1", { left: 1 }, { authorization: "Bearer ann:clerk" })).status,
    ).toBe(200);
  });

  it("decides about objects by the contract's function", async () => {
    expect((await ask("/v1/people/ann/reservations/7", { headers: ann })).body).toEqual({
      person: "ann",
      number: 7,
    });
    expect((await ask("/v1/people/bob/reservations/7", { headers: ann })).status).toBe(403);
    expect((await ask("/v1/people/ann/reservations/7")).status).toBe(401);
  });

  it("believes the development's credential of who asks for this machine only", async () => {
    const dev = await startInventory({ identify: developmentIdentity() });
    const { port } = new URL(dev.url);
    const asked = async (host: string): Promise<number | undefined> => {
      const headers = { host, authorization: "Bearer dev:ann", "content-type": "application/json" };
      const request = http.request(`${dev.url}/v1/reservations`, { method: "POST", headers });
      request.end(JSON.stringify(order));
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    for (const host of [`127.0.0.1:${port}`, "localhost", `LOCALHOST:${port}`, `[::1]:${port}`, "127.9.9.9"])
      expect([host, await asked(host)]).toEqual([host, 200]);
    for (const host of [
      `evil.example:${port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "[::2]:1",
      "0.0.0.0",
    ])
      expect([host, await asked(host)]).toEqual([host, 401]);
    await dev.drain(0);
  });

  it("treats everybody as a stranger where nothing identifies them", async () => {
    const closed = await startInventory({ identify: undefined });
    try {
      const response = await fetch(`${closed.url}/v1/people/ann/reservations/7`, { headers: ann });
      expect(response.status).toBe(401);
      expect((await fetch(`${closed.url}/v1/stock/1`, { headers: ann })).status).toBe(200);
    } finally {
      await closed.drain(0);
    }
  });

  it("shows `identify` nothing but credentials", async () => {
    let seen: unknown;
    const watched = await startInventory({
      identify: async ({ headers }) => {
        seen = headers;
        return undefined;
      },
    });
    try {
      const headers = {
        "x-api-key": "k",
        "x-user-id": "root",
        "x-forwarded-user": "root",
        forwarded: "for=::1",
      };
      await fetch(`${watched.url}/v1/stock/1`, { headers: { ...headers, traceparent: "00-1" } });
      expect(seen).toEqual({ "x-api-key": "k" });
    } finally {
      await watched.drain(0);
    }
  });

  it("believes development credentials on loopback only", async () => {
    const identify = developmentIdentity();
    await expect(startInventory({ identify, host: "0.0.0.0" })).rejects.toThrow(
      /developmentIdentity.*127\.0\.0\.1/s,
    );
    const local = await startInventory({ identify });
    try {
      const put = (authorization: string) =>
        fetch(`${local.url}/v1/stock/1`, {
          method: "PUT",
          body: '{"left":1}',
          headers: { "content-type": "application/json", authorization },
        });
      expect((await put("Bearer dev:ann:buyer,clerk")).status).toBe(200);
      expect((await put("Bearer dev:ann")).status).toBe(403);
      expect((await put("Bearer ann")).status).toBe(401);
    } finally {
      await local.drain(0);
    }
  });
});
