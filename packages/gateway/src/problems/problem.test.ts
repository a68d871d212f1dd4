import { StatusError } from "kerf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../../test/client.ts";
import { startInventory } from "../../test/inventory.ts";
import type { Gateway } from "../index.ts";

let gateway: Gateway;

const { ask, send } = clientOf(() => gateway.url);

beforeAll(async () => {
  gateway = await startInventory();
});
afterAll(() => gateway.drain(0));

const ann = { authorization: "Bearer ann" };
const order = { orderId: "536365", lines: [{ sku: "85123A", quantity: 6 }] };

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
