import { once } from "node:events";
import { createServer } from "node:net";
import { command, contract, query, StatusError } from "kerf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { inventory, startInventory } from "../test/inventory.ts";
import { developmentIdentity, ListenError, type EdgeCall, type Gateway } from "./index.ts";

let gateway: Gateway;
let last: EdgeCall | undefined;

beforeAll(async () => {
  const { inventoryService } = await import("../test/inventory.ts");
  gateway = await startInventory({
    invoke(call) {
      last = call;
      return inventoryService(call);
    },
  });
});
afterAll(() => gateway.drain(0));

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(gateway.url + path, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

function send(method: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  return ask(path, {
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
}

const ann = { authorization: "Bearer ann" };
const order = { orderId: "536365", lines: [{ sku: "85123A", quantity: 6 }] };

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

describe("input", () => {
  const received = async (query: string) => JSON.parse((await ask(`/v1/stock?${query}`)).body.received);

  it("turns the text of a query into what the schema asks for", async () => {
    expect(await received("text=10&limit=5&price=-1.5e2&inStock=true&tags=a&tags=b&shelf=7")).toEqual({
      text: "10",
      limit: 5,
      price: -150,
      inStock: true,
      tags: ["a", "b"],
      shelf: [7],
    });
  });

  it("leaves defaults to the callee", async () => {
    expect(await received("text=heart")).toEqual({ text: "heart" });
  });

  it("says of each field what is wrong with it", async () => {
    const { status, body } = await ask(
      "/v1/stock?limit=many&price=0x10&inStock=yes&colour=red&shelf=1&shelf=x",
    );
    expect(status).toBe(400);
    expect(body.type).toBe("/problems/invalid-input");
    expect(body.errors.map((each: { path: string }) => each.path).toSorted()).toEqual(
      ["colour", "inStock", "limit", "price", "shelf.1", "text"].toSorted(),
    );
  });

  it("refuses a field that is given twice", async () => {
    const inQuery = await ask("/v1/stock?text=a&text=b");
    expect(inQuery.body.errors).toEqual([{ path: "text", message: "is given twice in the query" }]);
    const inBody = await send(
      "PUT",
      "/v1/stock/1",
      { sku: "2", left: 1 },
      { authorization: "Bearer eve:clerk" },
    );
    expect(inBody.body.errors).toEqual([
      { path: "sku", message: "is given twice: in the path and in the body" },
    ]);
    const inBoth = await send(
      "PUT",
      "/v1/stock/1?left=1",
      { left: 1 },
      { authorization: "Bearer eve:clerk" },
    );
    expect(inBoth.body.errors).toEqual([
      { path: "left", message: "is given twice: in the body and in the query" },
    ]);
  });

  it("puts path, query and body together", async () => {
    const { body } = await send("PUT", "/v1/stock/1?left=3", {}, { authorization: "Bearer eve:clerk" });
    expect(body).toEqual({ sku: "1", left: 3 });
  });

  it("rejects unknown fields of a body, at any depth", async () => {
    const { status, body } = await send(
      "POST",
      "/v1/reservations",
      { ...order, paid: true, lines: [{ sku: "1", quantity: 1, price: 0 }] },
      ann,
    );
    expect(status).toBe(400);
    expect(body.errors.map((each: { path: string }) => each.path).toSorted()).toEqual([
      "lines.0.price",
      "paid",
    ]);
  });

  it("accepts JSON in UTF-8 only", async () => {
    const post = (type: string, headers: Record<string, string> = {}) =>
      ask("/v1/imports", {
        method: "POST",
        body: '{"labels":{}}',
        headers: { "content-type": type, ...headers },
      });
    expect((await post("application/json; charset=utf-8")).status).toBe(200);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=latin1",
      "json",
    ]) {
      const { status, body } = await post(type);
      expect([type, status, body.type]).toEqual([type, 415, "/problems/unsupported-media-type"]);
    }
    expect((await post("application/json", { "content-encoding": "gzip" })).status).toBe(415);
  });

  it("refuses a body that is no JSON object", async () => {
    const post = (body: string) =>
      ask("/v1/imports", { method: "POST", body, headers: { "content-type": "application/json" } });
    expect((await post('{"labels":')).body).toMatchObject({
      type: "/problems/malformed-request",
      status: 400,
    });
    for (const body of ["[]", "null", '"text"', "7"]) {
      expect([body, (await post(body)).body.errors?.[0]]).toEqual([
        body,
        { path: "", message: "must be a JSON object" },
      ]);
    }
  });
});

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

  it("treats everybody as a stranger where nothing identifies them", async () => {
    const closed = await startInventory({ identify: undefined as never });
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
    const identify = developmentIdentity()!;
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

describe("commands", () => {
  it("uses the client's Idempotency-Key as the command's id, and returns it", async () => {
    const { body, headers } = await send("POST", "/v1/reservations", order, {
      ...ann,
      "idempotency-key": "k-1",
    });
    expect([body.commandId, headers.get("idempotency-key")]).toEqual(["k-1", "k-1"]);
    const quoted = await send("POST", "/v1/reservations", order, { ...ann, "idempotency-key": '"k-1"' });
    expect([quoted.body.commandId, quoted.headers.get("idempotency-key")]).toEqual(["k-1", '"k-1"']);
  });

  it("makes an id where the client gives none, and returns it whatever the outcome", async () => {
    const done = await send("POST", "/v1/reservations", order, ann);
    expect(done.headers.get("idempotency-key")).toBe(done.body.commandId);
    const refused = await send(
      "POST",
      "/v1/reservations",
      { ...order, lines: [{ sku: "1", quantity: 9 }] },
      ann,
    );
    expect(refused.headers.get("idempotency-key")).toBe(last?.id);
  });

  it("refuses a key that is none", async () => {
    for (const key of ["", "a b", "x".repeat(256), '"']) {
      const { status } = await send("POST", "/v1/reservations", order, { ...ann, "idempotency-key": key });
      expect([key, status]).toEqual([key, 400]);
    }
  });

  it("gives queries no id", async () => {
    const { headers } = await ask("/v1/stock/1", { headers: { "idempotency-key": "k" } });
    expect([last?.id, headers.get("idempotency-key")]).toEqual([undefined, null]);
  });
});

describe("errors", () => {
  it("shows a declared error with its code and what its schema allows of its data", async () => {
    const { status, body } = await send(
      "POST",
      "/v1/reservations",
      { ...order, lines: [{ sku: "1", quantity: 9 }] },
      ann,
    );
    expect(status).toBe(409);
    expect(body).toMatchObject({
      type: "/problems/inventory/OutOfStock",
      title: "OutOfStock",
      code: "OutOfStock",
      data: { sku: "1", left: 7 },
    });
    expect(body.data).not.toHaveProperty("cost");
  });

  it("shows nothing of errors that the member does not declare", async () => {
    for (const orderId of ["undeclared", "another"]) {
      const { status, body } = await send("POST", "/v1/reservations", { ...order, orderId }, ann);
      expect([status, body.type, body.data, body.code]).toEqual([
        500,
        "/problems/internal",
        undefined,
        undefined,
      ]);
    }
  });

  const statuses = {
    UNKNOWN: 500,
    INVALID_ARGUMENT: 400,
    DEADLINE_EXCEEDED: 504,
    NOT_FOUND: 404,
    ALREADY_EXISTS: 409,
    PERMISSION_DENIED: 403,
    RESOURCE_EXHAUSTED: 429,
    FAILED_PRECONDITION: 422,
    ABORTED: 409,
    OUT_OF_RANGE: 400,
    UNIMPLEMENTED: 501,
    INTERNAL: 500,
    UNAVAILABLE: 503,
    DATA_LOSS: 500,
    UNAUTHENTICATED: 401,
    CANCELLED: 499,
  };
  it.each(Object.entries(statuses))("answers %s with %i", async (code, expected) => {
    const { status, body, headers } = await ask(`/v1/stock/status:${code}`);
    expect(status).toBe(expected);
    expect(body.status).toBe(expected);
    // What failed inside is nothing for strangers.
    expect(body.detail.includes("10.0.0.7")).toBe(expected < 500);
    expect(headers.has("retry-after")).toBe(["ABORTED", "UNAVAILABLE", "RESOURCE_EXHAUSTED"].includes(code));
    expect((await fetch(gateway.url + body.type)).status).toBe(200);
  });

  it("rounds the time to wait up to seconds", async () => {
    const busy = await startInventory({
      invoke: async () => {
        throw new StatusError("RESOURCE_EXHAUSTED", "busy", { retryAfterMs: 2_100 });
      },
    });
    try {
      expect((await fetch(`${busy.url}/v1/stock/1`)).headers.get("retry-after")).toBe("3");
    } finally {
      await busy.drain(0);
    }
  });

  it("survives an implementation that throws at once, or something else", async () => {
    const broken = await startInventory({
      invoke() {
        throw new TypeError("secret");
      },
    });
    try {
      const response = await fetch(`${broken.url}/v1/stock/1`);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain("secret");
    } finally {
      await broken.drain(0);
    }
  });

  it("explains each problem type at its own path", async () => {
    const response = await fetch(`${gateway.url}/problems/inventory/OutOfStock`);
    expect(await response.text()).toContain("inventory@1.reserve");
    const { body } = await ask("/problems/invalid-input", { headers: { accept: "application/json" } });
    expect(body).toMatchObject({ type: "/problems/invalid-input", status: 400 });
    expect((await ask("/problems/nothing")).status).toBe(404);
  });
});

describe("trace context", () => {
  it("begins a trace of its own for every request, whatever a stranger sends", async () => {
    const stranger = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const seen = new Set<string>();
    for (let i = 0; i < 300; i += 1) {
      await ask("/v1/stock/1", { headers: { traceparent: stranger } });
      expect(last?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
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
    const start = (members: Record<string, object>) =>
      startInventory({ contracts: [contract("bad", { version: 1, ...members } as never)] });
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
