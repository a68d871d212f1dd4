import {
  connect as connectHttp2,
  createServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
} from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, GrpcError, serve, Status, type Server } from "../../src/index.ts";
import { echoServer, echoService } from "./echo-service.ts";

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

interface Answer {
  headers: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders;
  body: Buffer;
}

function post(session: ClientHttp2Session, headers: Record<string, string>, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = session.request({
      ":method": "POST",
      ":path": "/interop.Echo/Unary",
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const answer: Answer = { headers: {}, trailers: {}, body: Buffer.alloc(0) };
    request.on("response", (got) => (answer.headers = got));
    request.on("trailers", (got) => (answer.trailers = got));
    request.on("data", (chunk: Buffer) => (answer.body = Buffer.concat([answer.body, chunk])));
    request.on("end", () => resolve(answer));
    request.on("error", reject);
    request.end(body);
  });
}

describe("Node's http2 as the client of our server", () => {
  let server: Server;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    server = await serve({ services: [echoServer] });
    session = connectHttp2(`http://${server.address}`);
  });
  afterAll(async () => {
    session.close();
    await server.close();
  });

  it("gets a message and a status", async () => {
    const { headers, trailers, body } = await post(session, {}, framed(Buffer.from("hello")));
    expect(headers[":status"]).toBe(200);
    expect(headers["content-type"]).toBe("application/grpc");
    expect(body).toEqual(framed(Buffer.from("hello")));
    expect(trailers["grpc-status"]).toBe("0");
  });

  it("gets the status alone, in the only block, when there is no message", async () => {
    const { headers } = await post(session, { ":path": "/interop.Echo/Nothing" }, framed(Buffer.alloc(0)));
    expect(headers["grpc-status"]).toBe("12");
  });

  it("calls many times with metadata that changes, on both sides of the header table", async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        post(
          session,
          { "x-text": `value ${n}`, "x-other": "ü".repeat(0) + n },
          framed(Buffer.from(String(n))),
        ),
      ),
    );
    answers.forEach(({ headers, body }, n) => {
      expect(headers["x-text"]).toBe(`value ${n}`);
      expect(body.subarray(5).toString()).toBe(String(n));
    });
  });

  it("hears in plain HTTP that this is gRPC", async () => {
    expect(
      (await post(session, { "content-type": "application/json" }, Buffer.from("{}"))).headers[":status"],
    ).toBe(415);
    const { headers, body } = await post(session, { ":method": "PUT" }, Buffer.alloc(0));
    expect(headers[":status"]).toBe(405);
    expect(body.toString()).toContain("gRPC");
  });

  it("is told a broken timeout", async () => {
    const { headers } = await post(session, { "grpc-timeout": "soon" }, framed(Buffer.alloc(0)));
    expect(headers["grpc-status"]).toBe(String(Status.INTERNAL));
  });
});

describe("our client of an HTTP/2 server that is not gRPC", () => {
  it.each([
    [404, "text/html", Status.UNIMPLEMENTED],
    [503, "text/html", Status.UNAVAILABLE],
    [401, "text/html", Status.UNAUTHENTICATED],
    [200, "text/html", Status.UNKNOWN],
  ])("makes a status of HTTP %i with %s", async (status, type, code) => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { "content-type": type });
      response.end("<p>no</p>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const channel = connect(`127.0.0.1:${(server.address() as { port: number }).port}`);
    const error = await channel
      .unary(echoService.methods.Unary, new Uint8Array(1))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GrpcError);
    expect((error as GrpcError).code).toBe(code);
    await channel.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
