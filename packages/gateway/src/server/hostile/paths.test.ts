import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../../../test/client.ts";
import { get } from "../../../test/hostile.ts";
import { startInventory } from "../../../test/inventory.ts";
import { exchange } from "../../../test/raw.ts";
import type { Gateway } from "../../index.ts";

let gateway: Gateway;
const { ask } = clientOf(() => gateway.url);
beforeAll(async () => {
  gateway = await startInventory();
});
afterAll(() => gateway.drain(0));

describe("paths", () => {
  const targets = {
    "an encoded slash": "/v1/stock/a%2fb",
    "an encoded slash, encoded again": "/v1/stock/a%252Fb",
    "an encoded slash, encoded three times": "/v1/stock/a%25252Fb",
    "an encoded backslash": "/v1/stock/a%5cb",
    "an encoded backslash, encoded again": "/v1/stock/a%255Cb",
    "a backslash": "/v1/stock/a\\b",
    "a parent by backslashes": "/v1/stock\\..\\stock/1",
    NUL: "/v1/stock/a%00",
    "NUL, encoded again": "/v1/stock/a%2500",
    "NUL before an ending": "/v1/stock/a%00.json",
    "NUL in the query": "/v1/stock?text=a%00",
    "CR and LF": "/v1/stock/a%0d%0aX-A:1",
    "CR and LF in the query": "/v1/stock?text=a%0d%0aSet-Cookie:a=b",
    "a parent": "/v1/stock/../stock/1",
    "an encoded parent": "/v1/stock/%2e%2e/1",
    "a half-encoded parent": "/v1/stock/.%2E/1",
    "a parent, encoded again": "/v1/stock/%252e%252e/1",
    "a parent at the end": "/v1/stock/..",
    "a parent with parameters": "/v1/stock/..;a/1",
    "a parent with encoded parameters": "/v1/stock/..%3ba/1",
    "a parent after an encoded slash": "/v1/stock/..%2f1",
    "the same folder": "/v1/./stock/1",
    "half an encoding": "/v1/stock/%4",
    "an encoding of no digits": "/v1/stock/%zz",
    "an encoding of another kind": "/v1/stock/%u002f",
    "an encoding that is not UTF-8": "/v1/stock/%ff",
    "an overlong encoding of a slash": "/v1/stock/%c0%af",
    "a longer overlong encoding of a slash": "/v1/stock/%e0%80%af",
    "an overlong encoding of a dot": "/v1/stock/%c0%ae%c0%ae/1",
    "an overlong encoding of NUL": "/v1/stock/%c0%80",
    "half a surrogate": "/v1/stock/%ed%a0%80",
    "bytes above ASCII": "/v1/stock/caf\xc3\xa9",
    "a control character": "/v1/stock/a\x01b",
    DEL: "/v1/stock/a\x7fb",
    "a fragment": "/v1/stock/1#a",
  };
  it.each(Object.entries(targets))("%s: 400", async (_name, target) => {
    const { statuses, text } = await exchange(gateway.url, get(target, "Connection: close\r\n"));
    expect(statuses).toEqual([400]);
    expect(text).toContain('"type":"/problems/malformed-request"');
    expect(text).not.toMatch(/^(?:X-A|Set-Cookie)/im);
  });

  const others = {
    "a slash at the end": "/v1/stock/1/",
    "two slashes": "/v1//stock/1",
    "slashes before it": "//v1/stock/1",
    "another case": "/V1/stock/1",
    "parameters of a segment": "/v1/stock;a=b/1",
    "an encoded letter of a fixed segment": "/v1/%73tock/1;a",
    "another ending": "/v1/stock/1/.json",
  };
  it.each(Object.entries(others))("%s is no other way to write a route", async (_name, target) => {
    const { statuses } = await exchange(gateway.url, get(target, "Connection: close\r\n"));
    expect(statuses[0]).toBeOneOf([200, 400, 404]);
    if (statuses[0] === 200) expect(target).toContain("%73tock");
  });

  it("decodes what is harmless, once", async () => {
    expect((await ask("/v1/stock/caf%C3%A9%20..%25")).body.sku).toBe("café ..%");
    expect((await ask("/v1/stock/a%2541")).body.sku).toBe("a%41");
    expect((await ask("/v1/stock/a;b=c")).body.sku).toBe("a;b=c");
    expect((await ask("/v1/stock/...")).body.sku).toBe("...");
  });

  it("checks access to what was routed, however it is written", async () => {
    const path = (person: string) => `/v1/people/${person}/reservations/1`;
    const as = { headers: { authorization: "Bearer ann" } };
    expect((await ask(path("ann"), as)).status).toBe(200);
    for (const other of ["bob", "%62ob", "bob;ann", "bob%3Bann", "ann%20", "Ann", "%61nn%00"]) {
      expect([other, (await ask(path(other), as)).status]).toEqual([other, expect.toBeOneOf([400, 403])]);
    }
    expect((await ask(path("%61nn"), as)).body).toEqual({ person: "ann", number: 1 });
  });
});
