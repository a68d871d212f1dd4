import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, serve, type Channel, type Server } from "../../src/index.ts";
import { certificate } from "../certificate.ts";
import { echoTests } from "./echo-client.ts";
import { echoServer } from "./echo-service.ts";

const identity = (bytes: Buffer): Buffer => bytes;

function method(
  name: string,
  requestStream: boolean,
  responseStream: boolean,
): grpc.MethodDefinition<Buffer, Buffer> {
  const codec = {
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
  return { path: `/interop.Echo/${name}`, requestStream, responseStream, ...codec };
}

const definition = {
  Unary: method("Unary", false, false),
  Down: method("Down", false, true),
  Up: method("Up", true, false),
  Chat: method("Chat", true, true),
  Fail: method("Fail", false, false),
  Hang: method("Hang", false, false),
};

type Unary = grpc.ServerUnaryCall<Buffer, Buffer>;
type Done = grpc.sendUnaryData<Buffer>;

const handlers: grpc.UntypedServiceImplementation = {
  Unary: (call: Unary, done: Done) => {
    const header = new grpc.Metadata();
    for (const value of call.metadata.get("x-text")) header.set("x-text", value);
    call.sendMetadata(header);
    const trailer = new grpc.Metadata();
    for (const value of call.metadata.get("x-bytes-bin")) trailer.set("x-bytes-bin", value);
    done(null, call.request, trailer);
  },
  Down: async (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
    for (let n = Number(call.request.toString()); n > 0; n--) {
      if (!call.write(Buffer.alloc(1000))) await new Promise((resolve) => call.once("drain", resolve));
    }
    call.end();
  },
  Up: (call: grpc.ServerReadableStream<Buffer, Buffer>, done: Done) => {
    let size = 0;
    call.on("data", (message: Buffer) => (size += message.length));
    call.on("end", () => done(null, Buffer.from(String(size))));
  },
  Chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
    call.on("data", (message: Buffer) => call.write(message));
    call.on("end", () => call.end());
  },
  Fail: (call: Unary, done: Done) =>
    done({ code: grpc.status.FAILED_PRECONDITION, details: call.request.toString() }),
  Hang: () => undefined,
};

async function serveGrpcJs(
  credentials: grpc.ServerCredentials,
): Promise<{ server: grpc.Server; address: string }> {
  const server = new grpc.Server();
  server.addService(definition, handlers);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { server, address: `127.0.0.1:${port}` };
}

describe("our client of a server of @grpc/grpc-js", () => {
  let server: grpc.Server;
  let channel: Channel;
  beforeAll(async () => {
    const started = await serveGrpcJs(grpc.ServerCredentials.createInsecure());
    server = started.server;
    channel = connect(started.address);
  });
  afterAll(async () => {
    await channel.close();
    server.forceShutdown();
  });

  echoTests(() => channel);
});

describe("our client of a server of @grpc/grpc-js over TLS", () => {
  let server: grpc.Server;
  let channel: Channel;
  beforeAll(async () => {
    const { key, cert } = await certificate();
    const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
    const started = await serveGrpcJs(grpc.ServerCredentials.createSsl(null, [pair]));
    server = started.server;
    channel = connect(started.address, { tls: { ca: cert, servername: "localhost" } });
  });
  afterAll(async () => {
    await channel.close();
    server.forceShutdown();
  });

  echoTests(() => channel);
});

// The same client against our own server, with everything that a connection can be.
describe.each(["TCP", "TLS", "a Unix socket"])("our client of our server over %s", (kind) => {
  let server: Server;
  let channel: Channel;
  beforeAll(async () => {
    const { key, cert, certPath } = await certificate();
    const path = `${certPath}.sock`;
    const where = kind === "TLS" ? { tls: { key, cert } } : kind === "TCP" ? {} : { path };
    server = await serve({ services: [echoServer], compression: "gzip", ...where });
    channel = connect(server.address, kind === "TLS" ? { tls: { ca: cert, servername: "localhost" } } : {});
  });
  afterAll(async () => {
    await channel.close();
    await server.close();
  });

  echoTests(() => channel);
});

describe.each(["TCP", "TLS"])("a client of @grpc/grpc-js of our server over %s", (kind) => {
  let server: Server;
  let client: any;
  let credentials: grpc.ChannelCredentials;
  beforeAll(async () => {
    const { key, cert } = await certificate();
    server = await serve({
      services: [echoServer],
      compression: "gzip",
      ...(kind === "TLS" ? { tls: { key, cert } } : {}),
    });
    const Client = grpc.makeGenericClientConstructor(definition, "interop.Echo");
    credentials =
      kind === "TLS" ? grpc.credentials.createSsl(Buffer.from(cert)) : grpc.credentials.createInsecure();
    client = new Client(server.address, credentials, { "grpc.ssl_target_name_override": "localhost" });
  });
  afterAll(async () => {
    client.close();
    await server.close();
  });

  const unary = (name: string, message: Buffer, metadata = new grpc.Metadata(), options = {}): Promise<any> =>
    new Promise((resolve, reject) => {
      const seen: Record<string, unknown> = {};
      const call = client[name](message, metadata, options, (error: Error | null, reply: Buffer) =>
        error === null ? setImmediate(() => resolve({ reply, ...seen })) : reject(error),
      );
      call.on("metadata", (header: grpc.Metadata) => (seen["header"] = header));
      call.on("status", (status: grpc.StatusObject) => (seen["trailer"] = status.metadata));
    });

  it("carries metadata both ways", async () => {
    const metadata = new grpc.Metadata();
    metadata.set("x-text", "value");
    metadata.set("x-bytes-bin", Buffer.from([0, 255, 1]));
    const { reply, header, trailer } = await unary("Unary", Buffer.from("hello"), metadata);
    expect(reply.toString()).toBe("hello");
    expect(header.get("x-text")).toEqual(["value"]);
    expect(trailer.get("x-bytes-bin")).toEqual([Buffer.from([0, 255, 1])]);
  });

  it("carries large messages, gzip from the server and to it", async () => {
    const large = Buffer.alloc(3_000_000, "abc");
    expect(large.equals((await unary("Unary", large)).reply)).toBe(true);
    const Client = grpc.makeGenericClientConstructor(definition, "interop.Echo");
    const packing = new Client(server.address, credentials, {
      "grpc.default_compression_algorithm": 2,
      "grpc.ssl_target_name_override": "localhost",
    }) as any;
    const reply = await new Promise<Buffer>((resolve, reject) =>
      packing.Unary(large, (error: Error | null, got: Buffer) =>
        error === null ? resolve(got) : reject(error),
      ),
    );
    expect(large.equals(reply)).toBe(true);
    packing.close();
  });

  it("streams down, up and both ways", async () => {
    let size = 0;
    for await (const message of client.Down(Buffer.from("2000"))) size += message.length;
    expect(size).toBe(2_000_000);
    const total = await new Promise<Buffer>((resolve, reject) => {
      const call = client.Up((error: Error | null, reply: Buffer) =>
        error === null ? resolve(reply) : reject(error),
      );
      for (let n = 0; n < 2000; n++) call.write(Buffer.alloc(1000));
      call.end();
    });
    expect(total.toString()).toBe("2000000");
    const chat = client.Chat();
    for (let n = 0; n < 2000; n++) chat.write(Buffer.alloc(1000));
    chat.end();
    size = 0;
    for await (const message of chat) size += message.length;
    expect(size).toBe(2_000_000);
  });

  it("gets statuses, deadlines and cancellations", async () => {
    await expect(unary("Fail", Buffer.from("grüße 100 %"))).rejects.toMatchObject({
      code: 9,
      details: "grüße 100 %",
    });
    await expect(
      unary("Hang", Buffer.alloc(0), undefined, { deadline: Date.now() + 50 }),
    ).rejects.toMatchObject({ code: 4 });
    const cancelled = new Promise((resolve) => {
      const call = client.Hang(Buffer.alloc(0), (error: { code: number }) => resolve(error.code));
      setTimeout(() => call.cancel(), 20);
    });
    expect(await cancelled).toBe(1);
  });
});
