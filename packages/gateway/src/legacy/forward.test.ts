import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { exchange } from "../../test/raw.ts";
import { ask, echo, standBefore, type Told } from "./testing.ts";

describe("bodies", () => {
  it("go on as they are: not JSON, not limited as contracts are, with and without a length", async () => {
    await using standing = await standBefore(echo);
    const body = Buffer.from('{"broken": \xff'.repeat(30_000), "latin1");
    const headers = ["Host", "x", "Content-Type", "application/json; broken ;;"];
    const sized = await ask(standing.gateway.url, {
      method: "POST",
      headers: [...headers, "Content-Length", String(body.length)],
      body,
    });
    expect((JSON.parse(sized.text) as Told).body).toHaveLength(body.length);
    expect((JSON.parse(sized.text) as Told).headers).toMatchObject({ "content-type": headers[3] });
    const chunked = await ask(standing.gateway.url, {
      method: "PUT",
      headers: [...headers, "Transfer-Encoding", "chunked"],
      body,
    });
    const told = JSON.parse(chunked.text) as Told;
    expect([told.body.length, told.headers["transfer-encoding"]]).toEqual([body.length, "chunked"]);
    expect(told.headers).not.toHaveProperty("content-length");
  });

  it("have a limit of their own, announced or not", async () => {
    await using standing = await standBefore(echo, { bodyBytes: 1_000 });
    const post = (headers: string) => `POST /x HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;
    const announced = await exchange(standing.gateway.url, post("Content-Length: 1001"));
    expect([announced.statuses, announced.closed]).toEqual([[413], true]);
    const chunk = `200\r\n${"x".repeat(0x200)}\r\n`;
    const streamed = await exchange(standing.gateway.url, post("Transfer-Encoding: chunked"), chunk, chunk);
    expect([streamed.statuses, streamed.closed]).toEqual([[413], true]);
    expect(streamed.text).toContain("/problems/body-too-large");
  });

  it("of contracts keep their limits", async () => {
    await using standing = await standBefore(echo, {}, { limits: { requestMs: 300 } });
    const post = "POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    const large = await exchange(standing.gateway.url, `${post}Content-Length: 102401\r\n\r\n`);
    expect(large.statuses).toEqual([413]);
    const slow = await exchange(standing.gateway.url, `${post}Content-Length: 20\r\n\r\n{`);
    expect([slow.statuses, slow.closed]).toEqual([[408], true]);
    expect(slow.ms).toBeLessThan(2_000);
  });

  it("flow both ways at once, with trailers", async () => {
    await using standing = await standBefore((request, response) => {
      response.writeHead(200, { trailer: "X-Sum" });
      request.on("data", (chunk: Buffer) => response.write(`got ${String(chunk)};`));
      request.on("end", () => {
        response.addTrailers({ "X-Sum": `${request.trailers["x-sent"]} back` });
        response.end();
      });
    });
    const { hostname, port } = new URL(standing.gateway.url);
    const headers = ["Host", "x", "Transfer-Encoding", "chunked", "Trailer", "X-Sent", "TE", "trailers"];
    const request = httpRequest({ host: hostname, port, method: "POST", agent: false, headers });
    request.write("one");
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    expect(String((await once(answer, "data"))[0])).toBe("got one;");
    request.write("two");
    expect(String((await once(answer, "data"))[0])).toBe("got two;");
    request.addTrailers([["X-Sent", "7"]]);
    request.end();
    await once(answer.resume(), "end");
    expect(answer.rawTrailers).toEqual(["X-Sum", "7 back"]);
  });

  it("stay compressed, and in the ranges that were asked for", async () => {
    const whole = gzipSync("x".repeat(5_000));
    await using standing = await standBefore((request, response) => {
      if (request.headers.range !== "bytes=0-9") return void response.writeHead(416).end();
      response.writeHead(206, { "content-encoding": "gzip", "content-range": `bytes 0-9/${whole.length}` });
      response.end(whole.subarray(0, 10));
    });
    const { answer, bytes } = await ask(standing.gateway.url, {
      headers: ["Host", "x", "Range", "bytes=0-9"],
    });
    expect(answer.statusCode).toBe(206);
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(bytes).toEqual(whole.subarray(0, 10));
  });

  it("are waited for only when the application asks for them (100-continue)", async () => {
    await using standing = await standBefore(echo);
    standing.origin.on("checkContinue", (request, response) => {
      if (request.headers["x-ok"] !== "1") return void response.writeHead(417).end();
      response.writeContinue();
      standing.origin.emit("request", request, response);
    });
    const post = (more: string) =>
      `POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n${more}\r\n`;
    const refused = await exchange(standing.gateway.url, post(""));
    expect([refused.statuses, refused.closed]).toEqual([[417], true]);
    const wanted = await exchange(
      standing.gateway.url,
      post("X-Ok: 1\r\nConnection: close\r\n"),
      { waitMs: 100 },
      "hi",
    );
    expect(wanted.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(wanted.text).toContain('"body":"hi"');
    const own = await exchange(
      standing.gateway.url,
      "POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 13\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
      { waitMs: 100 },
      '{"labels":{}}',
    );
    expect(own.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });
});

describe("event streams and hints", () => {
  it("come piece by piece, headers first", async () => {
    const held = Promise.withResolvers<(text: string) => void>();
    await using standing = await standBefore((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      held.resolve((text) => response.write(text));
    });
    const response = await fetch(standing.gateway.url);
    const reader = response.body!.getReader();
    const send = await held.promise;
    for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
      send(text);
      expect(Buffer.from((await reader.read()).value!).toString()).toBe(text);
    }
    await reader.cancel();
  });

  it("come before the answer (103)", async () => {
    await using standing = await standBefore((_request, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => response.end("x"));
    });
    const { text } = await exchange(
      standing.gateway.url,
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    expect(text).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200/i,
    );
  });
});
