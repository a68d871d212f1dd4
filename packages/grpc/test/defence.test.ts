import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Flag, FrameType, PREFACE } from "../src/http2/frame.ts";
import { ErrorCode } from "../src/http2/http2-error.ts";
import {
  raw,
  serve,
  service,
  Status,
  unary,
  clientStream,
  implement,
  type Limits,
  type Server,
} from "../src/index.ts";
import {
  block,
  data,
  frame,
  framed,
  headers,
  rawClient,
  requestBlock,
  setting,
  uint32,
  type RawPeer,
} from "./raw-peer.ts";

const echo = service("test.Echo", {
  Echo: unary(raw, raw),
  Large: unary(raw, raw),
  Slow: unary(raw, raw),
  Up: clientStream(raw, raw),
});
const ECHO = "/test.Echo/Echo";

let running = 0;
const implementation = implement(echo, {
  Echo: (request) => request,
  Large: () => Buffer.alloc(200_000),
  Slow: async (_, call) => {
    running++;
    await new Promise((resolve) => setTimeout(resolve, 300));
    running--;
    return new Uint8Array(call.signal.aborted ? 1 : 0);
  },
  // Reads one message and then nothing more: what follows must wait outside.
  Up: async (requests, call) => {
    for await (const _ of requests) break;
    await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    return new Uint8Array();
  },
});

const servers: Server[] = [];
const peers: RawPeer[] = [];

async function peerOf(limits: Partial<Limits> = {}, greeting = true): Promise<RawPeer> {
  const server = await serve({ services: [implementation], limits });
  servers.push(server);
  const peer = await rawClient(server.port, greeting);
  peers.push(peer);
  return peer;
}

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 100 })));
});

const call = (id: number, message: Uint8Array = Buffer.from("hi"), path = ECHO): Buffer =>
  Buffer.concat([headers(id, requestBlock(path)), data(id, framed(message), Flag.END_STREAM)]);

describe("a server cuts off", () => {
  it("what is not HTTP/2", async () => {
    const peer = await peerOf({}, false);
    peer.send(Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
    expect(await peer.goaway()).toBe(ErrorCode.PROTOCOL_ERROR);
  });

  it("who does not finish the handshake in time", async () => {
    const peer = await peerOf({ handshakeTimeoutMs: 50 }, false);
    peer.send(PREFACE.subarray(0, 10));
    await peer.until("close", () => peer.closed || undefined);
  });

  it.each([
    [
      "a frame that is too large",
      frame(FrameType.DATA, 0, 1, Buffer.alloc(70_000)),
      ErrorCode.FRAME_SIZE_ERROR,
    ],
    [
      "a flood of PINGs",
      Buffer.concat(Array.from({ length: 1200 }, () => frame(FrameType.PING, 0, 0, Buffer.alloc(8)))),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "a flood of SETTINGS",
      Buffer.concat(Array.from({ length: 1200 }, () => frame(FrameType.SETTINGS, 0, 0, setting(4, 70_000)))),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "one SETTINGS with thousands of entries",
      frame(FrameType.SETTINGS, 0, 0, Buffer.concat(Array.from({ length: 2000 }, () => setting(4, 70_000)))),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "a flood of PRIORITY",
      Buffer.concat(Array.from({ length: 1200 }, () => frame(FrameType.PRIORITY, 0, 1, Buffer.alloc(5)))),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "a flood of WINDOW_UPDATE",
      Buffer.concat(Array.from({ length: 1200 }, () => frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1)))),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "a flood of unknown frames",
      Buffer.concat(Array.from({ length: 1200 }, () => frame(0xee, 0, 0))),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "a flood of empty DATA",
      Buffer.concat([
        headers(1, requestBlock(ECHO)),
        ...Array.from({ length: 1200 }, () => data(1, Buffer.alloc(0))),
      ]),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "rapid resets",
      Buffer.concat(
        Array.from({ length: 1200 }, (_, n) =>
          Buffer.concat([
            headers(2 * n + 1, requestBlock(ECHO)),
            frame(FrameType.RST_STREAM, 0, 2 * n + 1, uint32(8)),
          ]),
        ),
      ),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "making us reset",
      Buffer.concat(
        Array.from({ length: 1200 }, (_, n) =>
          Buffer.concat([
            headers(2 * n + 1, requestBlock(ECHO)),
            frame(FrameType.WINDOW_UPDATE, 0, 2 * n + 1, uint32(0)),
          ]),
        ),
      ),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "malformed requests without end",
      Buffer.concat(Array.from({ length: 1200 }, (_, n) => headers(2 * n + 1, block([[":method", "POST"]])))),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "endless CONTINUATION",
      Buffer.concat([
        headers(1, Buffer.alloc(1), 0),
        ...Array.from({ length: 20 }, () => frame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(1))),
      ]),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "a header block that is far too large",
      Buffer.concat([
        headers(1, Buffer.alloc(16_000), 0),
        frame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(16_000)),
      ]),
      ErrorCode.ENHANCE_YOUR_CALM,
    ],
    [
      "another frame inside a header block",
      Buffer.concat([headers(1, Buffer.alloc(1), 0), frame(FrameType.PING, 0, 0, Buffer.alloc(8))]),
      ErrorCode.PROTOCOL_ERROR,
    ],
    [
      "a broken header block",
      headers(1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
      ErrorCode.COMPRESSION_ERROR,
    ],
    [
      "a table larger than we allow",
      headers(1, Buffer.from([0x3f, 0xe1, 0xff, 0x03])),
      ErrorCode.COMPRESSION_ERROR,
    ],
    ["PUSH_PROMISE", frame(FrameType.PUSH_PROMISE, Flag.END_HEADERS, 1, uint32(2)), ErrorCode.PROTOCOL_ERROR],
    ["an even stream id", headers(2, requestBlock(ECHO)), ErrorCode.PROTOCOL_ERROR],
    ["DATA on an idle stream", data(1, Buffer.alloc(1)), ErrorCode.PROTOCOL_ERROR],
    [
      "a window over 2^31-1",
      frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff)),
      ErrorCode.FLOW_CONTROL_ERROR,
    ],
    [
      "more padding than there is",
      Buffer.concat([headers(1, requestBlock(ECHO)), data(1, Buffer.from([9, 1]), Flag.PADDED)]),
      ErrorCode.PROTOCOL_ERROR,
    ],
  ] as const)("%s", async (_, bytes, code) => {
    const peer = await peerOf();
    peer.send(bytes);
    expect(await peer.goaway()).toBe(code);
  });

  it("DATA past the connection's window", async () => {
    const peer = await peerOf({ connectionWindowBytes: 65_535, streamWindowBytes: 1_000_000 });
    // The first is below the half at which the window is given back.
    peer.send(
      headers(1, requestBlock(ECHO)),
      data(1, framed(Buffer.alloc(32_000), 200_000)),
      data(1, Buffer.alloc(65_000)),
    );
    expect(await peer.goaway()).toBe(ErrorCode.FLOW_CONTROL_ERROR);
  });

  it("a reader that takes nothing, after the stall time", async () => {
    const peer = await peerOf({ stallTimeoutMs: 150, maxQueuedBytes: 1_000_000 });
    peer.send(
      frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(0x3fff_ffff)),
      frame(FrameType.SETTINGS, 0, 0, setting(4, 0x3fff_ffff)),
    );
    await peer.alive();
    peer.socket.pause();
    for (let id = 1; id < 400; id += 2) peer.send(call(id, Buffer.alloc(1), "/test.Echo/Large"));
    const server = servers.at(-1)!;
    await expect.poll(() => server.connections, { timeout: 5000 }).toBe(0);
  });
});

describe("a server refuses only the call", () => {
  let peer: RawPeer;
  let server: Server;
  beforeAll(async () => {
    const limits = {
      maxMessageBytes: 1000,
      maxHeaderListBytes: 2000,
      maxConcurrentStreams: 4,
      streamWindowBytes: 65_535,
      maxHeldBytes: 3000,
      stallTimeoutMs: 200,
    };
    server = await serve({ services: [implementation], limits });
  });
  afterAll(() => server.close({ graceMs: 100 }));
  const fresh = async (): Promise<RawPeer> => {
    peer = await rawClient(server.port);
    peers.push(peer);
    return peer;
  };
  const stillWorks = async (id: number): Promise<void> => {
    peer.send(call(id));
    expect(await peer.status(id)).toBe(Status.OK);
    expect(peer.frames.some((one) => one.type === FrameType.GOAWAY)).toBe(false);
  };

  it("with a message over the limit, at its prefix", async () => {
    await fresh();
    peer.send(headers(1, requestBlock(ECHO)), data(1, framed(Buffer.alloc(1), 0xffff_ffff)));
    expect(await peer.status(1)).toBe(Status.RESOURCE_EXHAUSTED);
    expect(await peer.reset(1)).toBe(ErrorCode.NO_ERROR);
    await stillWorks(3);
  });

  it("with too much metadata", async () => {
    await fresh();
    peer.send(
      headers(1, requestBlock(ECHO, [["x-large", "x".repeat(3000)]])),
      data(1, framed(Buffer.alloc(1)), Flag.END_STREAM),
    );
    expect(await peer.status(1)).toBe(Status.RESOURCE_EXHAUSTED);
    await stillWorks(3);
  });

  it("with a compressed message that becomes too large", async () => {
    const { gzipSync } = await import("node:zlib");
    await fresh();
    const bomb = framed(gzipSync(Buffer.alloc(100_000)));
    bomb[0] = 1;
    expect(bomb.length).toBeLessThan(1000);
    peer.send(headers(1, requestBlock(ECHO, [["grpc-encoding", "gzip"]])), data(1, bomb, Flag.END_STREAM));
    expect(await peer.status(1)).toBe(Status.RESOURCE_EXHAUSTED);
    await stillWorks(3);
  });

  it("that is one too many, also while reset calls still run", async () => {
    await fresh();
    for (let id = 1; id <= 7; id += 2) peer.send(call(id, Buffer.alloc(1), "/test.Echo/Slow"));
    await expect.poll(() => running).toBe(4);
    for (let id = 1; id <= 7; id += 2)
      peer.send(frame(FrameType.RST_STREAM, 0, id, uint32(ErrorCode.CANCEL)));
    peer.send(call(9));
    expect(await peer.reset(9)).toBe(ErrorCode.REFUSED_STREAM);
    await expect.poll(() => running).toBe(0);
    await stillWorks(11);
  });

  it("past its stream's window", async () => {
    const roomy = await peerOf({ streamWindowBytes: 65_535 });
    peer = roomy;
    peer.send(
      headers(1, requestBlock(ECHO)),
      data(1, framed(Buffer.alloc(32_000), 200_000)),
      data(1, Buffer.alloc(65_000)),
    );
    expect(await peer.reset(1)).toBe(ErrorCode.FLOW_CONTROL_ERROR);
    await stillWorks(3);
  });

  it("whose handler reads no more while messages keep coming", async () => {
    await fresh();
    peer.send(
      headers(1, requestBlock("/test.Echo/Up")),
      ...Array.from({ length: 20 }, () => data(1, framed(Buffer.alloc(495)))),
    );
    expect(await peer.status(1)).toBe(Status.RESOURCE_EXHAUSTED);
    await stillWorks(3);
  });

  it("with the bytes that would be too many for all calls together", async () => {
    await fresh();
    for (const id of [1, 3, 5, 7])
      peer.send(headers(id, requestBlock(ECHO)), data(id, framed(Buffer.alloc(900), 950)));
    expect(await peer.status(7)).toBe(Status.RESOURCE_EXHAUSTED);
    for (const id of [1, 3, 5]) peer.send(data(id, Buffer.alloc(50), Flag.END_STREAM));
    for (const id of [1, 3, 5]) expect(await peer.status(id)).toBe(Status.OK);
    await stillWorks(9);
  });

  it("whose answer the client never makes room for", async () => {
    await fresh();
    peer.send(frame(FrameType.SETTINGS, 0, 0, setting(4, 0)));
    peer.send(call(1, Buffer.alloc(1), "/test.Echo/Large"));
    expect(await peer.reset(1)).toBe(ErrorCode.CANCEL);
    await peer.alive();
  });

  it("with DATA after its end", async () => {
    await fresh();
    peer.send(call(1, Buffer.alloc(1), "/test.Echo/Slow"), data(1, Buffer.alloc(1)));
    expect(await peer.reset(1)).toBe(ErrorCode.STREAM_CLOSED);
    await expect.poll(() => running).toBe(0);
    await stillWorks(3);
  });

  it.each([
    ["upper case in a name", [["X-Upper", "1"]]],
    ["a connection-specific field", [["connection", "close"]]],
    ["a pseudo-field at the end", [[":path", "/again"]]],
    ["te other than trailers", [["te", "gzip"]]],
    ["a line feed in a value", [["x-a", "a\nb"]]],
  ] as const)("with %s", async (_, more) => {
    await fresh();
    peer.send(headers(1, requestBlock(ECHO, more as never)));
    expect(await peer.reset(1)).toBe(ErrorCode.PROTOCOL_ERROR);
    await stillWorks(3);
  });
});

it("a connection limit closes the newest", async () => {
  const server = await serve({ services: [implementation], maxConnections: 1 });
  servers.push(server);
  peers.push(await rawClient(server.port));
  await peers[0]!.alive();
  const second = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => second.once("close", resolve));
  await peers[0]!.alive();
});
