import { gzipSync } from "node:zlib";
import { command, contract } from "kerf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { clientOf } from "../../../test/client.ts";
import { get, jsonPost, post } from "../../../test/hostile.ts";
import { inventory, startInventory } from "../../../test/inventory.ts";
import { exchange } from "../../../test/raw.ts";
import type { Gateway } from "../../index.ts";

/** Its schemas say nothing of how much they take. */
const unbounded = contract("unbounded", {
  version: 1,
  count: command({
    http: "POST /counts",
    access: "public",
    input: z.object({ found: z.array(z.int()) }),
  }),
});

let gateway: Gateway;
const { ask, send } = clientOf(() => gateway.url);
beforeAll(async () => {
  gateway = await startInventory({ contracts: [inventory, unbounded], limits: { idleMs: 1_000 } });
});
afterAll(() => gateway.drain(0));

describe("what is too much", () => {
  it("of a URL: over 2 KiB", async () => {
    expect((await fetch(`${gateway.url}/v1/stock?text=${"a".repeat(2_000)}`)).status).toBe(200);
    const response = await fetch(`${gateway.url}/v1/stock?text=${"a".repeat(2_048)}`);
    expect(response.status).toBe(414);
    expect(await response.json()).toMatchObject({ type: "/problems/url-too-long", instance: "/v1/stock" });
  });

  it("of a query: over 100 parameters", async () => {
    const query = (count: number) => `/v1/stock?text=a${"&tags=b".repeat(count - 1)}`;
    expect((await ask(query(100))).status).toBe(200);
    expect((await ask(query(101))).body.detail).toBe("The query has more than 100 parameters.");
    expect((await ask(`/v1/stock?text=a${"&".repeat(500)}`)).status).toBe(400);
  });

  it("of headers: over 8 KiB", async () => {
    const padded = (length: number) =>
      get("/v1/stock/1", `X-A: ${"a".repeat(length)}\r\nConnection: close\r\n`);
    expect((await exchange(gateway.url, padded(7_000))).statuses).toEqual([200]);
    const { statuses, text } = await exchange(gateway.url, padded(9_000));
    expect(statuses).toEqual([431]);
    expect(text).toContain('"type":"/problems/headers-too-large"');
  });

  it("of headers: over 100 of them, and none is overlooked", async () => {
    const numbered = (count: number, last: string) =>
      get("/v1/stock/1", `${"X: 1\r\n".repeat(count - 2)}${last}`);
    expect((await exchange(gateway.url, numbered(100, "Connection: close\r\n"))).statuses).toEqual([200]);
    for (const last of [
      "Connection: close\r\n",
      "Host: other.example\r\n",
      "Transfer-Encoding: chunked\r\n",
    ]) {
      const { statuses, text, closed } = await exchange(gateway.url, numbered(101, last));
      expect([statuses, closed]).toEqual([[431], true]);
      expect(text).toContain("There are more than 100 headers.");
    }
    expect((await exchange(gateway.url, get("/v1/stock/1", "X:\r\n".repeat(1_500)))).statuses).toEqual([431]);
  });

  it("of a body: over 100 KiB, whether it says so or not", async () => {
    const labels = Array.from({ length: 10 }, (_, i) => [i, "x".repeat(10_000)]);
    expect((await send("POST", "/v1/imports", { labels: Object.fromEntries(labels) })).status).toBe(200);
    const declared = await exchange(gateway.url, post("Content-Length: 102401\r\n", ""));
    expect(declared.statuses).toEqual([413]);
    expect(declared.closed).toBe(true);
    const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    const streamed = await exchange(
      gateway.url,
      post("Transfer-Encoding: chunked\r\n", chunk),
      chunk,
      chunk,
      chunk,
      chunk,
    );
    expect(streamed.statuses).toEqual([413]);
    expect(streamed.text).toContain('"type":"/problems/body-too-large"');
  });

  it("of a body that asks first whether it is wanted", async () => {
    const asking = (length: number) => post(`Content-Length: ${length}\r\nExpect: 100-continue\r\n`, "");
    const { statuses } = await exchange(gateway.url, asking(1_000_000_000));
    expect(statuses.at(-1)).toBe(413);
    const other = await exchange(gateway.url, post("Content-Length: 2\r\nExpect: 200-maybe\r\n", "{}"));
    expect(other.statuses[0]).toBeOneOf([400, 417]);
  });

  it("of chunk extensions: without end", async () => {
    const { statuses, closed } = await exchange(
      gateway.url,
      post("Transfer-Encoding: chunked\r\n", `2;${"a=b;".repeat(10_000)}\r\n{}\r\n0\r\n\r\n`),
    );
    expect(statuses).toEqual([413]);
    expect(closed).toBe(true);
  });

  it("of trailers: without end", async () => {
    const { statuses, closed } = await exchange(
      gateway.url,
      post("Transfer-Encoding: chunked\r\n", `d\r\n{"labels":{}}\r\n0\r\n${"X-A: b\r\n".repeat(5_000)}\r\n`),
    );
    expect(statuses[0]).toBeOneOf([400, 431]);
    expect([statuses.length, closed]).toEqual([1, true]);
  });

  it("of chunks: one byte each", async () => {
    const { statuses } = await exchange(
      gateway.url,
      post("Transfer-Encoding: chunked\r\n", `${"1\r\n \r\n".repeat(20_000)}d\r\n{"labels":{}}\r\n0\r\n\r\n`),
    );
    expect(statuses).toEqual([200]);
  });

  it("of compression: any", async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, " "));
    for (const coding of ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "identity, gzip"]) {
      const response = await fetch(`${gateway.url}/v1/imports`, {
        method: "POST",
        body: bomb,
        headers: { "content-type": "application/json", "content-encoding": coding },
      });
      expect([coding, response.status]).toEqual([coding, 415]);
      expect(await response.json()).toMatchObject({ type: "/problems/unsupported-media-type" });
    }
  });

  it("of nesting: over 32", async () => {
    const nested = (depth: number) => `{"labels":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const refusal = async (depth: number) => (await jsonPost(gateway.url, nested(depth))).json();
    expect(await refusal(31)).toMatchObject({ type: "/problems/invalid-input" });
    expect(await refusal(32)).toMatchObject({ detail: "The body is nested too deeply." });
    expect(await refusal(50_000)).toMatchObject({ status: 400 });
    const objects = `${'{"a":'.repeat(14_000)}1${"}".repeat(14_000)}`;
    expect((await jsonPost(gateway.url, objects)).status).toBe(400);
  });

  it("of keys, items and characters: where the contract does not say", async () => {
    const labels = (count: number) => ({
      labels: Object.fromEntries(Array.from({ length: count }, (_, i) => [i, ""])),
    });
    expect((await send("POST", "/v1/imports", labels(1_000))).body).toEqual({ labels: 1_000 });
    expect((await send("POST", "/v1/imports", labels(1_001))).body.detail).toBe(
      "The body has an object of more than 1000 keys.",
    );
    expect((await send("POST", "/v1/imports", { labels: { a: "b".repeat(10_001) } })).body.errors).toEqual([
      { path: "labels.a", message: "must have at most 10000 characters" },
    ]);
    const counted = (count: number) => ({ found: Array.from({ length: count }, () => 1) });
    expect((await send("POST", "/v1/counts", counted(1_000))).status).toBe(200);
    expect((await send("POST", "/v1/counts", counted(1_001))).body.errors).toEqual([
      { path: "found", message: "must have at most 1000 entries" },
    ]);
  });
});
