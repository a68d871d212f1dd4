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

describe("input", () => {
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
    expect((await post("application/json; charset=utf-8", labels)).status).toBe(200);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=latin1",
      "json",
    ]) {
      const { status, body } = await post(type, labels);
      expect([type, status, body.type]).toEqual([type, 415, "/problems/unsupported-media-type"]);
    }
    expect((await post("application/json", labels, { "content-encoding": "gzip" })).status).toBe(415);
  });

  it("refuses a body that is no JSON object", async () => {
    expect((await post("application/json", '{"labels":')).body).toMatchObject({
      type: "/problems/malformed-request",
      status: 400,
    });
    for (const body of ["[]", "null", '"text"', "7"]) {
      expect([body, (await post("application/json", body)).body.errors?.[0]]).toEqual([
        body,
        { path: "", message: "must be a JSON object" },
      ]);
    }
  });
});

const labels = '{"labels":{}}';

function post(type: string, body: string, headers: Record<string, string> = {}) {
  return ask("/v1/imports", { method: "POST", body, headers: { "content-type": type, ...headers } });
}

/** What the service was given for a search. */
async function received(text: string): Promise<unknown> {
  return JSON.parse((await ask(`/v1/stock?${text}`)).body.received);
}
