import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, host, post } from "../../../test/hostile.ts";
import { inventoryService, startInventory } from "../../../test/inventory.ts";
import { exchange } from "../../../test/raw.ts";
import type { Gateway } from "../../index.ts";

/**
 * The vectors that are known in public: RFC 9112 section 11.2, "HTTP Desync Attacks" and its successors (CL.TE, TE.CL, TE.TE,
 * CL.0, 0.CL, TE.0), and what parsers of other servers were found to accept.
 */
let gateway: Gateway;
const reached: string[] = [];
beforeAll(async () => {
  gateway = await startInventory({
    limits: { headersMs: 1_000, requestMs: 2_000, idleMs: 1_000 },
    invoke(call) {
      reached.push(String((call.input as { sku?: string }).sku));
      return inventoryService(call);
    },
  });
});
afterAll(() => gateway.drain(0));

/** What an attacker would have another reader take for a request of its own. */
const smuggled = get("/v1/stock/smuggled");

/** Sends it, followed by a good request on the same connection: whatever was smuggled would show in its answer. */
async function refusal(request: string) {
  reached.length = 0;
  const { text, statuses, closed } = await exchange(gateway.url, request, get("/v1/stock/after"));
  return { text, first: statuses[0], answers: statuses.length, closed };
}

const chunked = "Transfer-Encoding: chunked\r\n";
const noChunks = "0\r\n\r\n";

describe("requests that two readers could read differently", () => {
  const vectors: Record<string, string> = {
    "CL.TE": post(`Content-Length: ${noChunks.length + smuggled.length}\r\n${chunked}`, noChunks + smuggled),
    "TE.CL": post(
      `${chunked}Content-Length: 4\r\n`,
      `${smuggled.length.toString(16)}\r\n${smuggled}\r\n${noChunks}`,
    ),
    "CL.TE without a body": post(`Content-Length: 0\r\n${chunked}`, noChunks + smuggled),
    "CL.0: a length on a method without a body":
      get("/v1/stock/1", `Content-Length: ${smuggled.length}\r\n`) + smuggled,
    "TE.0: chunks on a method without a body": get("/v1/stock/1", chunked) + noChunks + smuggled,
    "two lengths": post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "),
    "the same length twice": post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
    "a length that is a list": post("Content-Length: 2, 2\r\n", "{}"),
    "a length with a plus": post("Content-Length: +2\r\n", "{}"),
    "a negative length": post("Content-Length: -2\r\n", "{}"),
    "a length with blanks inside": post("Content-Length: 1 2\r\n", "{}"),
    "a length in hexadecimal": post("Content-Length: 0x2\r\n", "{}"),
    "a length with letters after it": post("Content-Length: 2a\r\n", "{}"),
    "a length with a fraction": post("Content-Length: 2.0\r\n", "{}"),
    "a length that is empty": post("Content-Length:\r\n", "{}"),
    "a length beyond 64 bits": post("Content-Length: 18446744073709551618\r\n", "{}"),
    "a length in other digits": post("Content-Length: \xd9\xa2\r\n", "{}"),
    "a length after a vertical tab": post("Content-Length:\x0b2\r\n", "{}"),
    "a name with an underscore beside chunks": post(
      `Content_Length: 2\r\n${chunked}Transfer-Encoding: x\r\n`,
      noChunks,
    ),
    "TE.TE: twice": post(`${chunked}Transfer-Encoding: identity\r\n`, noChunks),
    "TE.TE: the same twice": post(chunked + chunked, noChunks),
    "TE.TE: cow": post("Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n", noChunks),
    "an unknown coding": post("Transfer-Encoding: xchunked\r\n", noChunks),
    "a coding that is not decoded": post("Transfer-Encoding: gzip, chunked\r\n", noChunks),
    "chunked, then another": post("Transfer-Encoding: chunked, identity\r\n", noChunks),
    "chunked twice in one": post("Transfer-Encoding: chunked, chunked\r\n", noChunks),
    "a comma before chunked": post("Transfer-Encoding: ,chunked\r\n", noChunks),
    "a quoted coding": post('Transfer-Encoding: "chunked"\r\n', noChunks),
    "a coding with a parameter": post("Transfer-Encoding: chunked;a=b\r\n", noChunks),
    "a coding after a vertical tab": post("Transfer-Encoding:\x0bchunked\r\n", noChunks),
    "a coding before a vertical tab": post("Transfer-Encoding: chunked\x0b\r\n", noChunks),
    "a coding after NUL": post("Transfer-Encoding:\0chunked\r\n", noChunks),
    "a coding after a non-breaking space": post("Transfer-Encoding:\xa0chunked\r\n", noChunks),
    "a blank before the colon": post("Transfer-Encoding : chunked\r\n", noChunks),
    "a tab before the colon": post("Transfer-Encoding\t: chunked\r\n", noChunks),
    "a vertical tab before the colon": post("Transfer-Encoding\x0b: chunked\r\n", noChunks),
    "a blank before the name": post(" Transfer-Encoding: chunked\r\n", noChunks),
    "a blank inside of the name": post("Transfer Encoding: chunked\r\n", noChunks),
    "a blank before the length's colon": post("Content-Length : 2\r\n", "{}"),
    "a folded header": get("/v1/stock/1", "X-A: 1\r\n 2\r\n"),
    "a folded coding": post("Transfer-Encoding:\r\n chunked\r\n", noChunks),
    "a header that hides in another's fold": post("X: X\r\n\tTransfer-Encoding: chunked\r\n", noChunks),
    "a header without a colon": get("/v1/stock/1", "Transfer-Encoding\r\n"),
    "a header without a name": get("/v1/stock/1", ": chunked\r\n"),
    "two hosts": get("/v1/stock/1", "Host: other.example\r\n"),
    "no host": "GET /v1/stock/1 HTTP/1.1\r\n\r\n",
    "two credentials": get("/v1/stock/1", "Authorization: Bearer ann\r\nauthorization: Bearer bob\r\n"),
    "two idempotency keys": post("Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\n", "{}"),
    "NUL in a header": get("/v1/stock/1", "X-A: a\0b\r\n"),
    "NUL in a name": get("/v1/stock/1", "X\0A: a\r\n"),
    "a bare CR in a header": get("/v1/stock/1", "X-A: a\rX-B: b\r\n"),
    "a bare CR before a header": get("/v1/stock/1", "X-A: a\r\rTransfer-Encoding: chunked\r\n"),
    "a bare LF at the end of the first line": `GET /v1/stock/1 HTTP/1.1\n${host}\r\n`,
    "a bare LF at the end of a header": get("/v1/stock/1", `X-A: a\n${chunked}`),
    "a bare LF at the end of the headers": `GET /v1/stock/1 HTTP/1.1\r\n${host}\n`,
    "LF before CR": `GET /v1/stock/1 HTTP/1.1\n\r${host}\n\r\n\r`,
    "a chunk size that is not hexadecimal": post(chunked, `0x2\r\n{}\r\n${noChunks}`),
    "a chunk size with a sign": post(chunked, `+2\r\n{}\r\n${noChunks}`),
    "a negative chunk size": post(chunked, `-1\r\n{}\r\n${noChunks}`),
    "a chunk size with an underscore": post(chunked, `0_2\r\n{}\r\n${noChunks}`),
    "a chunk size after a blank": post(chunked, ` 2\r\n{}\r\n${noChunks}`),
    "a chunk size that is empty": post(chunked, `\r\n{}\r\n${noChunks}`),
    "a chunk size that overflows": post(chunked, `10000000000000002\r\n{}\r\n${noChunks}`),
    "a chunk that is longer than its size": post(chunked, `1\r\n{}\r\n${noChunks}`),
    "a chunk that ends in a bare LF": post(chunked, `2\n{}\n0\n\n`),
    "a chunk whose size ends in a bare CR": post(chunked, `2\r{}\r\n${noChunks}`),
    "a bare LF in a chunk's extension": post(chunked, `2;a\n{}\r\n${noChunks}`),
    "a bare CR in a chunk's extension": post(chunked, `2;a\rb\r\n{}\r\n${noChunks}`),
    "a length as a trailer": post(chunked, `d\r\n{"labels":{}}\r\n0\r\nContent-Length: 500\r\n\r\n`),
    "a coding as a trailer": post(chunked, `d\r\n{"labels":{}}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`),
    "Transfer-Encoding in HTTP/1.0": `POST /v1/imports HTTP/1.0\r\n${host}Content-Type: application/json\r\n${chunked}\r\n${noChunks}`,
    "Transfer-Encoding and keep-alive in HTTP/1.0": `POST /v1/imports HTTP/1.0\r\n${host}Connection: keep-alive\r\nContent-Type: application/json\r\n${chunked}\r\n${noChunks}${smuggled}`,
    "a body of GET": get("/v1/stock/1", "Content-Length: 4\r\n") + "evil",
    "a body of DELETE": `DELETE /v1/stock/1 HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}`,
    "a body of HEAD": `HEAD /v1/stock/1 HTTP/1.1\r\n${host}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    "an absolute target": get("http://other.example/v1/stock/1"),
    "an absolute target with another host": `GET http://internal/v1/stock/1 HTTP/1.1\r\n${host}\r\n`,
    "a target that names an authority": get("//other.example/../v1/stock/1"),
    "an asterisk as a target": get("*"),
    "a blank inside of the target": get("/v1/stock/1 /admin"),
    "a tab after the method": `GET\t/v1/stock/1 HTTP/1.1\r\n${host}\r\n`,
    "a method in lower case": `get /v1/stock/1 HTTP/1.1\r\n${host}\r\n`,
    "HTTP/0.9": "GET /v1/stock/1\r\n",
    "HTTP/0.9 by name": `GET /v1/stock/1 HTTP/0.9\r\n${host}\r\n`,
    "HTTP/1.2": `GET /v1/stock/1 HTTP/1.2\r\n${host}\r\n`,
    "HTTP/1.01": `GET /v1/stock/1 HTTP/1.01\r\n${host}\r\n`,
    "HTTP/2.0 in the first line": `GET /v1/stock/1 HTTP/2.0\r\n${host}\r\n`,
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  };
  it.each(Object.entries(vectors))("%s: 400, and nothing after it is answered", async (name, request) => {
    const { first, text, answers, closed } = await refusal(request);
    expect(first).toBe(400);
    // An answer to HEAD has none.
    if (!name.includes("HEAD")) expect(text).toContain('"type":"/problems/malformed-request"');
    expect(text.toLowerCase()).toContain("connection: close");
    expect(answers).toBe(1);
    expect(closed).toBe(true);
    expect(reached).toEqual([]);
  });

  it("opens no tunnel", async () => {
    for (const request of [
      `CONNECT internal:5432 HTTP/1.1\r\n${host}\r\n`,
      `CONNECT /v1/stock/1 HTTP/1.1\r\n${host}\r\n`,
    ]) {
      const { answers, closed } = await refusal(request);
      expect([answers <= 1, closed, reached]).toEqual([true, true, []]);
    }
  });
});

describe("requests that are read in one way only", () => {
  const body = '{"labels":{}}';
  const ends: Record<string, string> = {
    "chunks, and their extensions": post(chunked, `2;a=b\r\n{"\r\na\r\nlabels":{}\r\n1\r\n}\r\n${noChunks}`),
    "chunked in capitals": post("Transfer-Encoding: CHUNKED\r\n", `d\r\n${body}\r\n${noChunks}`),
    "a length with zeros before it": post(`Content-Length: 0000${body.length}\r\n`, body),
    trailers: post(chunked, `d\r\n${body}\r\n0\r\nX-A: 1\r\n\r\n`),
    "trailers that would be headers": post(
      chunked,
      `d\r\n${body}\r\n0\r\nHost: other\r\nAuthorization: Bearer eve:clerk\r\nIdempotency-Key: "\r\n\r\n`,
    ),
    "another method by header": post(
      `X-HTTP-Method-Override: DELETE\r\nX-Method-Override: PUT\r\nContent-Length: ${body.length}\r\n`,
      body,
    ),
    "another path by header": post(
      `X-Original-URL: /v1/stock\r\nX-Rewrite-URL: /v1/stock\r\nContent-Length: ${body.length}\r\n`,
      body,
    ),
    "headers that Connection would strip": post(
      `Connection: content-length, host\r\nContent-Length: ${body.length}\r\n`,
      body,
    ),
  };
  it.each(Object.entries(ends))(
    "%s: one answer, and the next request is the next",
    async (_name, request) => {
      reached.length = 0;
      const { statuses, text } = await exchange(
        gateway.url,
        request,
        get("/v1/stock/after", "Connection: close\r\n"),
      );
      expect(statuses).toEqual([200, 200]);
      expect(text).toContain('{"labels":0}');
      expect(reached).toEqual(["undefined", "after"]);
    },
  );

  const upgrade =
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n";
  const lasts: Record<string, string> = {
    "an upgrade to HTTP/2 in clear": get("/v1/stock/1", upgrade),
    "an upgrade to HTTP/2 in clear, with a body": post(`${upgrade}Content-Length: 13\r\n`, body),
    "an upgrade to TLS": get("/v1/stock/1", "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n"),
    "an upgrade that Connection does not name": get("/v1/stock/1", "Upgrade: websocket\r\n"),
    "the client's last": get("/v1/stock/1", "Connection: close\r\n"),
    "HTTP/1.0": `GET /v1/stock/1 HTTP/1.0\r\n${host}\r\n`,
  };
  it.each(Object.entries(lasts))(
    "%s: one answer, and no other request has an effect",
    async (_name, request) => {
      for (const parts of [
        [request + smuggled],
        [request, smuggled],
        // What Node loses of a packet after an upgrade must not make a request of what is left.
        [request + smuggled.slice(0, 20), { waitMs: 50 }, smuggled.slice(20) + smuggled],
      ]) {
        reached.length = 0;
        const { statuses, closed } = await exchange(gateway.url, ...parts);
        // Node ends a connection at once where something follows the last request that it was told of.
        expect(statuses.filter((status) => status !== 200)).toEqual([]);
        expect([statuses.length <= 1, closed]).toEqual([true, true]);
        expect(reached).not.toContain("smuggled");
        expect(reached).toHaveLength(1);
      }
    },
  );

  it("believes nobody who writes a method into the query or a form", async () => {
    const { statuses } = await exchange(
      gateway.url,
      `POST /v1/imports?_method=DELETE HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{"labels":{}}`,
      `POST /v1/imports HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\nConnection: close\r\n\r\n_method=DELETE`,
    );
    expect(statuses).toEqual([400, 415]);
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
