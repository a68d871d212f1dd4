import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../../test/client.ts";
import { startInventory } from "../../test/inventory.ts";
import { exchange } from "../../test/raw.ts";
import type { Gateway } from "../index.ts";

let gateway: Gateway;
const { ask } = clientOf(() => gateway.url);
beforeAll(async () => {
  gateway = await startInventory({ limits: { headersMs: 1_000, requestMs: 2_000, idleMs: 1_000 } });
});
afterAll(() => gateway.drain(0));

const host = "Host: shop.example\r\n";
const get = (target: string, headers = "") => `GET ${target} HTTP/1.1\r\n${host}${headers}\r\n`;
const post = (headers: string, body: string) =>
  `POST /v1/imports HTTP/1.1\r\n${host}Content-Type: application/json\r\n${headers}\r\n${body}`;
const jsonPost = (body: string | Buffer) =>
  fetch(`${gateway.url}/v1/imports`, {
    method: "POST",
    body: body as string,
    headers: { "content-type": "application/json" },
  });

/** Sends it, followed by a good request on the same connection: whatever was smuggled would show in its answer. */
async function refusal(request: string) {
  const { text, statuses, closed } = await exchange(gateway.url, request, get("/v1/stock/after"));
  return { text, first: statuses[0], answers: statuses.length, closed };
}

describe("requests that two readers could read differently", () => {
  const vectors: Record<string, string> = {
    "Content-Length with Transfer-Encoding": post(
      "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n",
      "0\r\n\r\nGET / HTTP",
    ),
    "Transfer-Encoding with Content-Length": post(
      "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
      "0\r\n\r\n",
    ),
    "two lengths": post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "),
    "a length that is a list": post("Content-Length: 2, 2\r\n", "{}"),
    "a length with a sign": post("Content-Length: +2\r\n", "{}"),
    "an obscured Transfer-Encoding": post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
    "a Transfer-Encoding that is not decoded": post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    "Transfer-Encoding twice": post(
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
      "0\r\n\r\n",
    ),
    "a blank before the colon": post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    "a folded header": get("/v1/stock/1", "X-A: 1\r\n 2\r\n"),
    "two hosts": get("/v1/stock/1", "Host: other.example\r\n"),
    "no host": "GET /v1/stock/1 HTTP/1.1\r\n\r\n",
    "two credentials": get("/v1/stock/1", "Authorization: Bearer ann\r\nauthorization: Bearer bob\r\n"),
    "two idempotency keys": post("Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\n", "{}"),
    "NUL in a header": get("/v1/stock/1", "X-A: a\0b\r\n"),
    "a bare CR in a header": get("/v1/stock/1", "X-A: a\rX-B: b\r\n"),
    "a bare LF as the end of a line": `GET /v1/stock/1 HTTP/1.1\n${host}\r\n`,
    "a chunk size that is not hexadecimal": post("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"),
    "Transfer-Encoding in HTTP/1.0": `POST /v1/imports HTTP/1.0\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "a body of GET": get("/v1/stock/1", "Content-Length: 4\r\n") + "evil",
    "a body of DELETE": `DELETE /v1/stock/1 HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}`,
    "an absolute target": get("http://other.example/v1/stock/1"),
    "a method in lower case": `get /v1/stock/1 HTTP/1.1\r\n${host}\r\n`,
    "another protocol": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  };
  it.each(Object.entries(vectors))("%s: 400, and nothing after it is answered", async (_name, request) => {
    const { first, text, answers, closed } = await refusal(request);
    expect(first).toBe(400);
    expect(text).toContain('"type":"/problems/malformed-request"');
    expect(text.toLowerCase()).toContain("connection: close");
    expect(answers).toBe(1);
    expect(closed).toBe(true);
  });

  it("accepts what they were made from", async () => {
    const chunked = post(
      "Transfer-Encoding: chunked\r\n",
      '2\r\n{"\r\na\r\nlabels":{}\r\n1\r\n}\r\n0\r\n\r\n',
    );
    const { statuses } = await exchange(
      gateway.url,
      post("Content-Length: 13\r\n", '{"labels":{}}'),
      chunked,
      get("/v1/stock/1"),
      get("/v1/stock/1", "Connection: close\r\n"),
    );
    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  it("does not answer garbage in the place of a request that is still under way", async () => {
    const slow = await startInventory({
      invoke: () => new Promise((done) => setTimeout(done, 300, { sku: "1", left: 1 })),
    });
    try {
      const { statuses } = await exchange(slow.url, get("/v1/stock/1"), "garbage\r\n\r\n");
      expect(statuses).toEqual([]);
    } finally {
      await slow.drain(0);
    }
  });
});

describe("paths", () => {
  const targets = {
    "an encoded slash": "/v1/stock/a%2fb",
    "an encoded slash, encoded again": "/v1/stock/a%252Fb",
    "an encoded backslash": "/v1/stock/a%5cb",
    "a backslash": "/v1/stock/a\\b",
    NUL: "/v1/stock/a%00",
    "NUL in the query": "/v1/stock?text=a%00",
    "CR and LF": "/v1/stock/a%0d%0aX-A:1",
    "a parent": "/v1/stock/../stock/1",
    "an encoded parent": "/v1/stock/%2e%2e/1",
    "a half-encoded parent": "/v1/stock/.%2E/1",
    "a parent, encoded again": "/v1/stock/%252e%252e/1",
    "a parent at the end": "/v1/stock/..",
    "a parent with parameters": "/v1/stock/..;a/1",
    "the same folder": "/v1/./stock/1",
    "half an encoding": "/v1/stock/%4",
    "an encoding that is not UTF-8": "/v1/stock/%ff",
    "an overlong encoding of a slash": "/v1/stock/%c0%af",
    "a fragment": "/v1/stock/1#a",
  };
  it.each(Object.entries(targets))("%s: 400", async (_name, target) => {
    const { statuses, text } = await exchange(gateway.url, get(target, "Connection: close\r\n"));
    expect(statuses).toEqual([400]);
    expect(text).toContain('"type":"/problems/malformed-request"');
  });

  it("decodes what is harmless", async () => {
    const { body } = await ask("/v1/stock/caf%C3%A9%20..%25");
    expect(body.sku).toBe("café ..%");
  });
});

describe("size", () => {
  it("refuses a URL over 2 KiB", async () => {
    expect((await fetch(`${gateway.url}/v1/stock?text=${"a".repeat(2_000)}`)).status).toBe(200);
    const response = await fetch(`${gateway.url}/v1/stock?text=${"a".repeat(2_048)}`);
    expect(response.status).toBe(414);
    expect(await response.json()).toMatchObject({ type: "/problems/url-too-long", instance: "/v1/stock" });
  });

  it("refuses headers over 8 KiB", async () => {
    expect(
      (await exchange(gateway.url, get("/v1/stock/1", `X-A: ${"a".repeat(7_000)}\r\nConnection: close\r\n`)))
        .statuses,
    ).toEqual([200]);
    const { statuses, text } = await exchange(
      gateway.url,
      get("/v1/stock/1", `X-A: ${"a".repeat(9_000)}\r\n`),
    );
    expect(statuses).toEqual([431]);
    expect(text).toContain('"type":"/problems/headers-too-large"');
  });

  it("refuses a body over 100 KiB, whether it says so or not", async () => {
    expect((await jsonPost(`{"labels":{"a":"${"x".repeat(102_000)}"}}`)).status).toBe(200);
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

  it("refuses chunk extensions without end", async () => {
    const { statuses, closed } = await exchange(
      gateway.url,
      post("Transfer-Encoding: chunked\r\n", `2;${"a=b;".repeat(10_000)}\r\n{}\r\n0\r\n\r\n`),
    );
    expect(statuses).toEqual([413]);
    expect(closed).toBe(true);
  });

  it("refuses nesting over 32", async () => {
    expect(await (await jsonPost(nested(31))).json()).toMatchObject({ type: "/problems/invalid-input" });
    expect(await (await jsonPost(nested(32))).json()).toMatchObject({
      detail: "The body is nested too deeply.",
    });
    expect((await jsonPost(nested(50_000))).status).toBe(400);
  });
});

describe("bodies", () => {
  it("reaches no prototype", async () => {
    for (const body of [
      '{"labels":{"__proto__":{"admin":"yes"}}}',
      '{"labels":{"\\u005f_proto__":{"admin":"yes"}}}',
      '{"__proto__":{"labels":{}}}',
      '{"labels":{"constructor":{"prototype":{"admin":"yes"}}}}',
    ]) {
      expect([body, (await jsonPost(body)).status]).toEqual([body, 400]);
    }
    expect((await fetch(`${gateway.url}/v1/stock?text=a&__proto__=b`)).status).toBe(400);
    expect((await fetch(`${gateway.url}/v1/stock?text=a&constructor=b`)).status).toBe(400);
    expect(({} as { admin?: string }).admin).toBeUndefined();
  });

  it("refuses NUL and what is not UTF-8", async () => {
    expect((await jsonPost('{"labels":{"a":"\\u0000"}}')).status).toBe(400);
    expect((await jsonPost('{"labels":{"\\u0000":"a"}}')).status).toBe(400);
    expect((await jsonPost('{"labels":{"a":"\\\\u0000"}}')).status).toBe(200);
    const response = await jsonPost(Buffer.from('{"labels":{"a":"\xff"}}', "latin1"));
    expect(await response.json()).toMatchObject({ status: 400, detail: "The body is not UTF-8." });
  });

  it("says where JSON is broken without repeating it", async () => {
    const text = await (await jsonPost('{"labels": secret}')).text();
    expect(text).toContain('\\"s\\" is not expected');
    expect(text).not.toContain("secret");
    expect(await (await jsonPost('{"labels":{},}')).text()).toContain("position 13");
    expect(await (await jsonPost('{"labels":')).text()).toContain("ends too early");
  });
});

describe("slow clients", () => {
  it("waits for headers no longer than its limit", async () => {
    const { statuses, closed, ms } = await exchange(
      gateway.url,
      `GET /v1/stock/1 HTTP/1.1\r\n${host}`,
      ...drip("X-A: 1\r\n"),
    );
    expect(statuses).toEqual([408]);
    expect(closed).toBe(true);
    expect(ms).toBeLessThan(5_000);
  });

  it("waits for a body no longer than its limit", async () => {
    const { statuses, closed, text } = await exchange(
      gateway.url,
      post("Content-Length: 1000\r\n", "{"),
      ...drip(" "),
    );
    expect(statuses).toEqual([408]);
    expect(text).toContain('"type":"/problems/request-timeout"');
    expect(closed).toBe(true);
  });

  it("closes a connection on which nothing happens", async () => {
    expect((await exchange(gateway.url)).closed).toBe(true);
    expect((await exchange(gateway.url, get("/v1/stock/1"))).closed).toBe(true);
  });
});

function drip(text: string) {
  return Array.from({ length: 12 }, () => [{ waitMs: 300 }, text]).flat();
}

function nested(depth: number): string {
  return `{"labels":${"[".repeat(depth)}${"]".repeat(depth)}}`;
}
