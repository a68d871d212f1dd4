import { once } from "node:events";
import { createServer } from "node:net";
import { command, contract, query } from "kerf";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../test/client.ts";
import { inventory, inventoryService, startInventory } from "../test/inventory.ts";
import { ListenError, type EdgeCall, type Gateway } from "./index.ts";

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

describe("routes", () => {
  it("answers a query with what its output allows and nothing else", async () => {
    const { status, body, headers } = await ask("/v1/stock/85123A");
    expect([status, body]).toEqual([200, { sku: "85123A", left: 7 }]);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("serves every contract below its own version", async () => {
    expect((await ask("/v2/shelves")).status).toBe(200);
    expect((await ask("/v1/shelves")).status).toBe(404);
  });

  it("has no route for a member without http", async () => {
    expect((await ask("/v1/internal")).status).toBe(404);
  });

  it("answers HEAD as GET, without a body", async () => {
    const { status, body, headers } = await ask("/v1/stock/85123A", { method: "HEAD" });
    expect([status, body]).toEqual([200, undefined]);
    expect(headers.get("content-length")).toBe(String(JSON.stringify({ sku: "85123A", left: 7 }).length));
  });

  it("answers an unknown path with a problem", async () => {
    const { status, body, headers } = await ask("/v1/nothing?token=secret");
    expect(status).toBe(404);
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({ type: "/problems/no-such-route", status: 404, instance: "/v1/nothing" });
    expect(headers.get("traceparent")).toContain(body.traceId);
  });

  it("lists the methods of a known path that has another", async () => {
    const stock = await send("POST", "/v1/stock/85123A", {});
    expect(stock.status).toBe(405);
    expect(stock.headers.get("allow")).toBe("DELETE, GET, HEAD, PUT");
    expect(stock.body.type).toBe("/problems/method-not-allowed");
    expect((await ask("/livez", { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD");
  });

  it("answers 500 where the service breaks its contract, and says nothing of it", async () => {
    const { status, body } = await ask("/v1/stock/wrong");
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("left");
  });
});

describe("trace context", () => {
  it("begins a trace of its own for every request, whatever a stranger sends", async () => {
    const stranger = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const seen = new Set<string>();
    for (let i = 0; i < 300; i += 1) {
      const answered = await ask("/v1/stock/1", { headers: { traceparent: stranger } });
      expect(last?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      // Whoever sends one is told which it got.
      expect(answered.headers.get("traceparent")).toBe(last?.traceparent);
      seen.add(last!.traceparent.slice(3, 35));
    }
    expect(seen.size).toBe(300);
    expect(seen.has(stranger.slice(3, 35))).toBe(false);
  });
});

describe("CORS", () => {
  it("lets pages of configured origins call, and no others", async () => {
    const open = await startInventory({ cors: { origins: ["https://shop.example"] } });
    try {
      const preflight = (origin: string) =>
        fetch(`${open.url}/v1/reservations`, {
          method: "OPTIONS",
          headers: { origin, "access-control-request-method": "POST" },
        });
      const allowed = await preflight("https://shop.example");
      expect(allowed.headers.get("access-control-allow-origin")).toBe("https://shop.example");
      expect(allowed.headers.get("access-control-allow-headers")).toContain("idempotency-key");
      expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
      const refused = await fetch(`${open.url}/v1/nothing`, { headers: { origin: "https://shop.example" } });
      expect(refused.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    } finally {
      await open.drain(0);
    }
    const response = await fetch(`${gateway.url}/v1/stock/1`, {
      headers: { origin: "https://shop.example" },
    });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("refuses to start with what is no origin", async () => {
    for (const origin of ["*", "shop.example", "https://shop.example/", "https://shop.example/path"]) {
      await expect(startInventory({ cors: { origins: [origin] } })).rejects.toThrow(/is not an origin/);
    }
  });
});

describe("starting", () => {
  it("says which port is in use and what to do, without a stack", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    try {
      const error = await startInventory({ port }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ListenError);
      expect((error as ListenError).code).toBe("EADDRINUSE");
      expect((error as ListenError).message).toContain(`port ${port} is in use. Stop what runs there`);
      expect((error as ListenError).stack).not.toMatch(/\n\s+at /);
    } finally {
      other.close();
    }
  });

  const Empty = z.object({});
  it("refuses routes that cannot be served, and says where", async () => {
    const get = (http: string, input: z.ZodObject = Empty) => ({
      m: query({ http: http as "GET /", access: "public", input }),
    });
    await expect(start(get("GET /a", z.object({ deep: Empty })))).rejects.toThrow(
      /"deep".*cannot stand in the query/,
    );
    await expect(start(get("GET /a/:l", z.object({ l: z.array(z.string()) })))).rejects.toThrow(
      /cannot stand in the path/,
    );
  });

  it("refuses two contracts that share a route", async () => {
    const rival = contract("rival", {
      version: 1,
      take: command({ http: "PUT /stock/:id", access: "public", input: z.object({ id: z.string() }) }),
    });
    await expect(startInventory({ contracts: [inventory, rival] })).rejects.toThrow(
      /rival@1\.take: .*also that of inventory@1\.recount/,
    );
  });
});

function start(members: Record<string, object>): Promise<Gateway> {
  return startInventory({ contracts: [contract("bad", { version: 1, ...members } as never)] });
}
