import { contract, event, query, when, type AnyQuery, type CacheSpec } from "kerf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { clientOf } from "../../test/client.ts";
import { startInventory } from "../../test/inventory.ts";
import type { Gateway } from "../index.ts";
import { httpPolicy } from "./policy.ts";

const priceChanged = event({ data: z.object({ sku: z.string() }), key: "sku" });
const Sku = z.object({ sku: z.string() });
const invalidate = [when(priceChanged, { sku: "sku" })];
const output = z.object({ sku: z.string(), pence: z.int() });

function price(path: string, access: AnyQuery["access"], cache?: CacheSpec<typeof Sku>) {
  return query({
    http: `GET /${path}/:sku`,
    access: access!,
    input: Sku,
    output,
    ...(cache ? { cache } : {}),
  });
}
const shelf = contract("shelf", {
  version: 1,
  priceChanged,
  plain: price("plain", "public"),
  timed: price("timed", "public", { ttl: "30s", stale: "5m" }),
  evented: price("evented", "public", { ttl: "30s", stale: "5m", invalidate }),
  own: price("own", "user", { ttl: "30s" }),
  ownKept: price("own-kept", "user", { ttl: "30s", browser: "10s" }),
  posted: query({ http: "POST /posted", access: "public", input: Sku, output, cache: { ttl: "30s" } }),
});

let pence = 5;
let gateway: Gateway;
let behindCdn: Gateway;
const { ask, send } = clientOf(() => gateway.url);
const cdn = clientOf(() => behindCdn.url);
const options = {
  contracts: [shelf],
  releases: true,
  cors: { origins: ["https://shop.example"] },
  invoke: async (call: { input: unknown }) => ({ ...(call.input as { sku: string }), pence }),
};
beforeAll(async () => {
  gateway = await startInventory(options);
  behindCdn = await startInventory({ ...options, cdn: true });
});
afterAll(() => Promise.all([gateway.drain(0), behindCdn.drain(0)]));

describe("conditional requests", () => {
  test("are answered 304 without a body while the answer is the same, with the headers that it would have", async () => {
    const first = await ask("/v1/timed/a");
    const etag = first.headers.get("etag")!;
    for (const method of ["GET", "HEAD"]) {
      const again = await ask("/v1/timed/a", { method, headers: { "if-none-match": `"other", ${etag}` } });
      expect([again.status, again.body]).toEqual([304, undefined]);
      for (const name of ["etag", "cache-control", "vary"])
        expect(again.headers.get(name)).toBe(first.headers.get(name));
      expect(again.headers.get("content-type")).toBe(null);
    }
    pence++;
    const changed = await ask("/v1/timed/a", { headers: { "if-none-match": etag } });
    expect([changed.status, changed.body]).toEqual([200, { sku: "a", pence }]);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });

  test("work for what is not cached inside, which caches must ask for each time", async () => {
    const { headers } = await ask("/v1/plain/a");
    expect(headers.get("cache-control")).toBe("no-cache");
    const again = await ask("/v1/plain/a", { headers: { "if-none-match": headers.get("etag")! } });
    expect(again.status).toBe(304);
  });

  test("are none where nothing may be kept: personal answers, problems, POST", async () => {
    const headers = { authorization: "Bearer ann", "if-none-match": "*" };
    const own = await ask("/v1/own/a", { headers });
    expect([own.status, own.headers.get("etag")]).toEqual([200, null]);
    expect(own.headers.get("cache-control")).toBe("no-store");
    const denied = await ask("/v1/own/a", { headers: { "if-none-match": "*" } });
    expect([denied.status, denied.headers.get("cache-control")]).toEqual([401, "no-store"]);
    const posted = await send("POST", "/v1/posted", { sku: "a" }, { "if-none-match": "*" });
    expect([posted.status, posted.headers.get("etag")]).toEqual([200, null]);
  });
});

describe("what caches are told", () => {
  test("is how long, of what only time makes old", async () => {
    expect((await ask("/v1/timed/a")).headers.get("cache-control")).toBe(
      "public, max-age=30, stale-while-revalidate=300, stale-if-error=300",
    );
  });

  test("is to ask each time, of what events make old and cannot reach them", async () => {
    const { headers } = await ask("/v1/evented/a");
    expect(headers.get("cache-control")).toBe("public, max-age=0");
    for (const name of ["surrogate-key", "cache-tag", "cdn-cache-control"])
      expect(headers.get(name)).toBe(null);
  });

  test("is more for a CDN that events purge: how long, and by which keys", async () => {
    const { headers } = await cdn.ask("/v1/evented/a");
    expect(headers.get("cache-control")).toBe("public, max-age=0, s-maxage=30");
    expect(headers.get("cdn-cache-control")).toBe(
      "max-age=30, stale-while-revalidate=300, stale-if-error=300",
    );
    const keys = headers.get("surrogate-key")!.split(" ");
    expect(keys).toEqual(["shelf@1.evented", expect.stringMatching(/^shelf@1\.evented-[\w-]{16}$/)]);
    expect(headers.get("cache-tag")).toBe(keys.join(","));
    const other = (await cdn.ask("/v1/evented/b")).headers.get("surrogate-key")!.split(" ");
    expect(other[0]).toBe(keys[0]);
    expect(other[1]).not.toBe(keys[1]);
  });

  test("is nothing of a person's, but for their own browser where the query says so", async () => {
    const headers = { authorization: "Bearer ann", origin: "https://shop.example" };
    const kept = await cdn.ask("/v1/own-kept/a", { headers });
    expect(kept.headers.get("cache-control")).toBe("private, max-age=10");
    expect(kept.headers.get("vary")).toMatch(/authorization.*cookie/);
    expect(kept.headers.get("vary")).toMatch(/origin/i);
    for (const name of ["surrogate-key", "cache-tag", "cdn-cache-control"])
      expect(kept.headers.get(name)).toBe(null);
  });

  test("is which header decides what version answers", async () => {
    expect((await ask("/v1/timed/a")).headers.get("vary")).toMatch(/kerf-release/);
  });

  test("never shares what is not for everyone", () => {
    for (const access of ["user", "role:staff", () => true] as const)
      for (const browser of [undefined, "5s"] as const) {
        const made = price("x", access, { ttl: "1h", ...(browser ? { browser } : {}) });
        const policy = httpPolicy(made, true);
        expect(policy.cacheControl).toMatch(browser ? /^private, max-age=5$/ : /^no-store$/);
        expect(policy.cdnCacheControl).toBe(undefined);
      }
    expect(httpPolicy(price("x", "public", { ttl: "1h", per: "caller" }), true).cacheControl).toBe(
      "no-store",
    );
  });
});
