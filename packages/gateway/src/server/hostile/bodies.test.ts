import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../../../test/client.ts";
import { jsonPost } from "../../../test/hostile.ts";
import { inventoryService, startInventory } from "../../../test/inventory.ts";
import type { EdgeCall, Gateway } from "../../index.ts";

let gateway: Gateway;
const calls: EdgeCall[] = [];
const { ask, send } = clientOf(() => gateway.url);
beforeAll(async () => {
  gateway = await startInventory({
    invoke(call) {
      calls.push(call);
      return inventoryService(call);
    },
  });
});
afterAll(() => gateway.drain(0));

describe("prototypes", () => {
  it("are not reached by keys of a body, at any level", async () => {
    for (const body of [
      '{"__proto__":{"labels":{}}}',
      '{"__proto__":{"admin":true},"labels":{}}',
      '{"labels":{"__proto__":{"admin":"yes"}}}',
      '{"labels":{"__proto__":"yes"}}',
      '{"labels":{"__proto__":null}}',
      '{"labels":{"\\u005f_proto__":{"admin":"yes"}}}',
      '{"labels":{"constructor":{"prototype":{"admin":"yes"}}}}',
      '{"constructor":{"prototype":{"admin":"yes"}},"labels":{}}',
      '{"labels":{},"a":{"b":[{"c":{"__proto__":{"admin":"yes"}}}]}}',
      '[{"__proto__":{"admin":"yes"}}]',
    ]) {
      expect([body, (await jsonPost(gateway.url, body)).status]).toEqual([body, 400]);
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    expect(calls).toEqual([]);
  });

  it("are not reached by parameters of a query or a path", async () => {
    for (const query of [
      "__proto__=b",
      "__proto__[admin]=yes",
      "__proto__.admin=yes",
      "constructor=b",
      "constructor[prototype][admin]=yes",
      "constructor.prototype.admin=yes",
      "%5f%5fproto%5f%5f=b",
      "toString=b",
      "hasOwnProperty=b",
      "tags[__proto__]=b",
    ]) {
      expect([query, (await ask(`/v1/stock?text=a&${query}`)).status]).toEqual([query, 400]);
    }
    expect((await ask("/v1/stock/__proto__")).body).toEqual({ sku: "__proto__", left: 7 });
    expect((await ask("/v1/stock/constructor")).body).toEqual({ sku: "constructor", left: 7 });
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it("lend nothing to keys that a record may have", async () => {
    const labels = { toString: "a", valueOf: "b", hasOwnProperty: "c", constructor: "d" };
    expect((await send("POST", "/v1/imports", { labels })).body).toEqual({ labels: 4 });
    expect((calls.at(-1)!.input as { labels: object }).labels).toEqual(labels);
  });
});

describe("what is assigned in bulk", () => {
  it("is refused where the contract has no such field", async () => {
    const as = { authorization: "Bearer ann" };
    const order = { orderId: "1", lines: [{ sku: "a", quantity: 1 }] };
    expect((await send("POST", "/v1/reservations", order, as)).status).toBe(200);
    for (const more of [
      { price: 0 },
      { actor: "bob" },
      { roles: ["clerk"] },
      { isAdmin: true },
      { id: "x" },
    ]) {
      expect((await send("POST", "/v1/reservations", { ...order, ...more }, as)).status).toBe(400);
      const lines = [{ sku: "a", quantity: 1, ...more }];
      expect((await send("POST", "/v1/reservations", { ...order, lines }, as)).status).toBe(400);
    }
  });
});

describe("JSON", () => {
  it("has numbers that fit, or is refused", async () => {
    const counted = (left: string) =>
      fetch(`${gateway.url}/v1/stock/1`, {
        method: "PUT",
        body: `{"left":${left}}`,
        headers: { "content-type": "application/json", authorization: "Bearer ann:clerk" },
      });
    expect((await counted("7")).status).toBe(200);
    for (const left of [
      "1e999",
      "-1e999",
      "9007199254740993",
      "1e308",
      "1.5",
      "-1",
      "NaN",
      "Infinity",
      "0x7",
      "07",
      "+7",
      "7.",
      ".7",
      `1${"0".repeat(50_000)}`,
      '"7"',
      "[7]",
      "{}",
      "null",
      "true",
    ]) {
      expect([left.slice(0, 20), (await counted(left)).status]).toEqual([left.slice(0, 20), 400]);
    }
    for (const price of ["1e999", "Infinity", "NaN", "0x1", "1_000"]) {
      expect([price, (await ask(`/v1/stock?text=a&price=${price}`)).status]).toEqual([price, 400]);
    }
  });

  it("has no NUL, and is UTF-8", async () => {
    expect((await jsonPost(gateway.url, '{"labels":{"a":"\\u0000"}}')).status).toBe(400);
    expect((await jsonPost(gateway.url, '{"labels":{"\\u0000":"a"}}')).status).toBe(400);
    expect((await jsonPost(gateway.url, '{"labels":{"a":"\\\\u0000"}}')).status).toBe(200);
    const response = await jsonPost(gateway.url, Buffer.from('{"labels":{"a":"\xff"}}', "latin1"));
    expect(await response.json()).toMatchObject({ status: 400, detail: "The body is not UTF-8." });
    const utf16 = Buffer.from('{"labels":{}}', "utf16le");
    expect((await jsonPost(gateway.url, utf16)).status).toBe(400);
  });

  it("is told where it is broken without being repeated", async () => {
    const text = await (await jsonPost(gateway.url, '{"labels": secret}')).text();
    expect(text).toContain('\\"s\\" is not expected');
    expect(text).not.toContain("secret");
    expect(await (await jsonPost(gateway.url, '{"labels":{},}')).text()).toContain("position 13");
    expect(await (await jsonPost(gateway.url, '{"labels":')).text()).toContain("ends too early");
  });

  it("has the last of a field that is there twice, and access is asked about that one", async () => {
    const twice = await jsonPost(gateway.url, '{"labels":{"a":"b"},"labels":{}}');
    expect(await twice.json()).toEqual({ labels: 0 });
    expect((calls.at(-1)!.input as { labels: object }).labels).toEqual({});
  });
});
