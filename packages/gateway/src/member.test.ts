import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../test/client.ts";
import { inventoryService, startInventory } from "../test/inventory.ts";
import type { EdgeCall, Gateway } from "./index.ts";

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
