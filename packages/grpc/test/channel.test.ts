import { createServer as createTcp, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../src/http2/http2-error.ts";
import { Flag, FrameType } from "../src/http2/frame.ts";
import { Backoff } from "../src/call/backoff.ts";
import {
  bidi,
  clientStream,
  connect,
  GrpcError,
  implement,
  Metadata,
  raw,
  serve,
  serverStream,
  service,
  Status,
  unary,
  type Channel,
  type ConnectOptions,
  type Interceptor,
  type Server,
} from "../src/index.ts";
import { block, data, frame, framed, headers, rawServer, setting, uint32, type RawPeer } from "./raw-peer.ts";

const notes = service("test.Notes", {
  Echo: unary(raw, raw),
  Slow: unary(raw, raw),
  Ticks: serverStream(raw, raw),
  Chat: bidi(raw, raw),
});
const { Echo, Slow, Ticks } = notes.methods;
const HI = Buffer.from("hi");
const OK_HEAD = block([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
const OK_END = block([["grpc-status", "0"]]);

let ticksEnded = 0;
let ticksSent = 0;
const implementation = implement(notes, {
  Echo: (request, call) => {
    const remaining = call.remainingMs();
    if (remaining !== Infinity) call.responseTrailers.set("x-remaining", String(Math.ceil(remaining)));
    return request;
  },
  Slow: async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return request;
  },
  Ticks: async function* () {
    ticksSent = 0;
    try {
      for (;;) {
        ticksSent++;
        yield new Uint8Array(10_000);
      }
    } finally {
      ticksEnded++;
    }
  },
  Chat: (requests) => requests,
});

const cleanup: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).toReversed()) await one();
});

function channelTo(address: string, options: ConnectOptions = {}): Channel {
  const channel = connect(address, { backoff: { initialMs: 20, maxMs: 100 }, ...options });
  cleanup.push(() => channel.close({ graceMs: 100 }));
  return channel;
}

async function started(options: Partial<Parameters<typeof serve>[0]> = {}): Promise<Server> {
  const server = await serve({ services: [implementation], ...options });
  cleanup.push(() => server.close({ graceMs: 100 }));
  return server;
}

async function raws(onPeer: (peer: RawPeer) => void, settings?: Buffer): Promise<string> {
  const { address, server } = await rawServer(onPeer, settings);
  cleanup.push(() => void server.close());
  return address;
}

const answer = (id: number, message: Uint8Array = HI): Buffer =>
  Buffer.concat([
    headers(id, OK_HEAD),
    data(id, framed(message)),
    headers(id, OK_END, Flag.END_HEADERS | Flag.END_STREAM),
  ]);

async function failure(call: Promise<unknown>): Promise<GrpcError> {
  const error = await call.then(
    () => "it succeeded",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GrpcError);
  return error as GrpcError;
}

async function unusedPort(): Promise<number> {
  const probe = createTcp();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe("a channel without a server", () => {
  it("fails at once and says that nothing was started", async () => {
    const channel = channelTo(`127.0.0.1:${await unusedPort()}`);
    const error = await failure(channel.unary(Echo, HI));
    expect(error.status).toBe("UNAVAILABLE");
    expect(error.notStarted).toBe(true);
    expect(error.message).toContain("cannot connect");
    expect(channel.state).toBe("failed");
  });

  it("waits when it is asked to, and connects when the server comes", async () => {
    const port = await unusedPort();
    const channel = channelTo(`127.0.0.1:${port}`);
    const call = channel.unary(Echo, HI, { waitForReady: true, timeoutMs: 5000 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    await started({ port });
    expect(Buffer.from(await call)).toEqual(HI);
  });

  it("keeps the deadline and the signal of a call that waits", async () => {
    const channel = channelTo(`127.0.0.1:${await unusedPort()}`);
    const waiting = { waitForReady: true } as const;
    expect((await failure(channel.unary(Echo, HI, { ...waiting, timeoutMs: 50 }))).code).toBe(
      Status.DEADLINE_EXCEEDED,
    );
    expect(
      (await failure(channel.unary(Echo, HI, { ...waiting, signal: AbortSignal.timeout(30) }))).code,
    ).toBe(Status.CANCELLED);
    expect((await failure(channel.unary(Echo, HI, { signal: AbortSignal.abort() }))).code).toBe(
      Status.CANCELLED,
    );
  });

  it("gives up on a server that accepts and says nothing", async () => {
    const silent = createTcp(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    cleanup.push(() => void silent.close());
    const channel = channelTo(`127.0.0.1:${(silent.address() as AddressInfo).port}`, {
      connectTimeoutMs: 50,
    });
    expect((await failure(channel.unary(Echo, HI))).message).toContain("no answer in 50 ms");
    await expect(channel.ready(60)).rejects.toThrow(GrpcError);
  });

  it("waits longer after each failure, give or take a fifth, up to the limit", () => {
    const backoff = new Backoff({ initialMs: 1000, maxMs: 3000 });
    expect([backoff.next(0.5), backoff.next(0.5), backoff.next(0.5), backoff.next(0.5)]).toEqual([
      1000, 1600, 2560, 3000,
    ]);
    backoff.reset();
    expect(backoff.next(0)).toBeCloseTo(800);
    expect(backoff.next(1)).toBeCloseTo(1920);
  });
});

describe("a channel", () => {
  it("connects again after the connection was lost, and fails what was open as UNAVAILABLE", async () => {
    const peers: RawPeer[] = [];
    const address = await raws((peer) => peers.push(peer));
    const channel = channelTo(address);
    const lost = channel.unary(Echo, HI);
    await expect.poll(() => peers[0]?.frames.some((one) => one.type === FrameType.DATA)).toBe(true);
    peers[0]!.destroy();
    const error = await failure(lost);
    expect(error.status).toBe("UNAVAILABLE");
    expect(error.notStarted).toBe(false);
    const second = channel.unary(Echo, HI);
    await expect.poll(() => peers[1]?.frames.some((one) => one.type === FrameType.DATA)).toBe(true);
    peers[1]!.send(answer(1));
    expect(Buffer.from(await second)).toEqual(HI);
  });

  it("sends a call again that a GOAWAY or REFUSED_STREAM says was never taken", async () => {
    const peers: RawPeer[] = [];
    const address = await raws((peer) => peers.push(peer));
    const channel = channelTo(address);
    const [first, second] = [channel.unary(Echo, HI), channel.unary(Echo, HI)];
    await expect.poll(() => peers[0]?.frames.filter((one) => one.type === FrameType.DATA).length).toBe(2);
    peers[0]!.send(frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(1), uint32(0)])), answer(1));
    await first;
    await expect.poll(() => peers[1]?.frames.some((one) => one.type === FrameType.DATA)).toBe(true);
    peers[1]!.send(frame(FrameType.RST_STREAM, 0, 1, uint32(ErrorCode.REFUSED_STREAM)));
    // It was sent again once; a second refusal is the caller's to judge.
    const error = await failure(second);
    expect(error.status).toBe("UNAVAILABLE");
    expect(error.notStarted).toBe(true);
  });

  it("holds calls back that the server has no room for", async () => {
    let peer: RawPeer | undefined;
    const address = await raws((one) => (peer = one), setting(3, 2));
    const channel = channelTo(address);
    const calls = Array.from({ length: 5 }, () => channel.unary(Echo, HI));
    const open = (): number[] =>
      peer?.frames.filter((one) => one.type === FrameType.HEADERS).map((one) => one.id) ?? [];
    await expect.poll(open).toEqual([1, 3]);
    peer!.send(answer(1));
    await expect.poll(open).toEqual([1, 3, 5]);
    peer!.send(answer(3), answer(5));
    await expect.poll(open).toEqual([1, 3, 5, 7, 9]);
    peer!.send(answer(7), answer(9));
    await Promise.all(calls);
  });

  it("is drained: the server finishes what is open, and the next call finds another", async () => {
    const first = await serve({ services: [implementation] });
    const channel = channelTo(first.address);
    const open = channel.unary(Slow, HI);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const closing = first.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const second = await started({ port: first.port });
    expect(Buffer.from(await channel.unary(Echo, HI, { waitForReady: true }))).toEqual(HI);
    expect(Buffer.from(await open)).toEqual(HI);
    await closing;
    expect(second.connections).toBe(1);
  });

  it("cuts off what is still open when the grace is over", async () => {
    const server = await serve({ services: [implementation] });
    const channel = channelTo(server.address);
    const open = failure(channel.unary(Slow, HI));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await server.close({ graceMs: 20 });
    expect((await open).status).toBe("UNAVAILABLE");
  });

  it("finishes its calls before it closes, and refuses new ones", async () => {
    const server = await started();
    const channel = channelTo(server.address);
    await channel.ready();
    const open = channel.unary(Slow, HI);
    const closing = channel.close();
    expect((await failure(channel.unary(Echo, HI))).notStarted).toBe(true);
    expect(Buffer.from(await open)).toEqual(HI);
    await closing;
    await expect.poll(() => server.connections).toBe(0);
  });

  it("finds a dead server by keepalive", async () => {
    const address = await raws(() => undefined);
    const channel = channelTo(address, { keepalive: { intervalMs: 40, timeoutMs: 40 } });
    const error = await failure(channel.unary(Echo, HI));
    expect(error.message).toContain("does not answer pings");
    expect(error.status).toBe("UNAVAILABLE");
  });

  it("keeps a live one, however long it is silent", async () => {
    const server = await started({ keepalive: { intervalMs: 20, timeoutMs: 500 } });
    const channel = channelTo(server.address, { keepalive: { intervalMs: 20, timeoutMs: 500 } });
    expect(Buffer.from(await channel.unary(Slow, HI))).toEqual(HI);
    expect(channel.state).toBe("ready");
  });

  it("tells the server the deadline, and ends the call without its help", async () => {
    const server = await started();
    const channel = channelTo(server.address);
    let trailer: Metadata | undefined;
    await channel.unary(Echo, HI, { timeoutMs: 5000, onTrailer: (metadata) => (trailer = metadata) });
    const remaining = Number(trailer?.text("x-remaining"));
    expect(remaining).toBeGreaterThan(4000);
    expect(remaining).toBeLessThanOrEqual(5000);
    const silent = channelTo(await raws(() => undefined));
    expect((await failure(silent.unary(Echo, HI, { timeoutMs: 60 }))).code).toBe(Status.DEADLINE_EXCEEDED);
  });

  it.each(["nonsense", "host", "host:0", "host:99999", ":80", "http://host:80"])(
    "refuses the target %j",
    (target) => {
      expect(() => connect(target)).toThrow(TypeError);
    },
  );
});

describe("a stream of replies", () => {
  it("slows the server to the pace of its reader, and stops it when the reader leaves", async () => {
    const server = await started();
    const channel = channelTo(server.address);
    ticksEnded = 0;
    let read = 0;
    for await (const _ of channel.serverStream(Ticks, HI)) {
      if (++read === 3) await new Promise((resolve) => setTimeout(resolve, 100));
      // What a window and the buffers take: far from what the server could send in this time.
      if (read === 4) expect(ticksSent * 10_000).toBeLessThan(4_000_000);
      if (read === 500) break;
    }
    await expect.poll(() => ticksEnded).toBe(1);
    expect(Buffer.from(await channel.unary(Echo, HI))).toEqual(HI);
  });
});

describe("a client cuts off", () => {
  it.each([
    ["PUSH_PROMISE", frame(FrameType.PUSH_PROMISE, Flag.END_HEADERS, 1, uint32(2))],
    ["an answer to a call that was not made", headers(99, OK_HEAD)],
    ["HEADERS on stream 0", headers(0, OK_HEAD)],
    ["a broken header block", headers(1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
    [
      "a flood of PINGs",
      Buffer.concat(Array.from({ length: 1200 }, () => frame(FrameType.PING, 0, 0, Buffer.alloc(8)))),
    ],
  ])("a server that sends %s", async (_, bytes) => {
    let peer: RawPeer | undefined;
    const address = await raws((one) => (peer = one));
    const call = failure(channelTo(address).unary(Echo, HI));
    await expect.poll(() => peer?.frames.some((one) => one.type === FrameType.DATA)).toBe(true);
    peer!.send(bytes);
    expect((await call).status).toBe("UNAVAILABLE");
    expect(await peer!.goaway()).toBeGreaterThan(0);
  });

  it.each([
    [
      "a message over the limit",
      Buffer.concat([headers(1, OK_HEAD), data(1, framed(HI, 0xffff_ffff))]),
      "RESOURCE_EXHAUSTED",
    ],
    [
      "two messages for one",
      Buffer.concat([headers(1, OK_HEAD), data(1, framed(HI)), data(1, framed(HI))]),
      "INTERNAL",
    ],
    [
      "no message with OK",
      headers(1, Buffer.concat([OK_HEAD, OK_END]), Flag.END_HEADERS | Flag.END_STREAM),
      "INTERNAL",
    ],
    [
      "an end without a status",
      Buffer.concat([headers(1, OK_HEAD), data(1, framed(HI), Flag.END_STREAM)]),
      "UNKNOWN",
    ],
    [
      "an end inside a message",
      Buffer.concat([headers(1, OK_HEAD), data(1, framed(HI, 10)), headers(1, OK_END, 5)]),
      "INTERNAL",
    ],
    ["DATA before HEADERS", data(1, framed(HI)), "INTERNAL"],
    [
      "a status that does not exist",
      headers(1, Buffer.concat([OK_HEAD, block([["grpc-status", "77"]])]), 5),
      "UNKNOWN",
    ],
    [
      "RST_STREAM",
      frame(FrameType.RST_STREAM, 0, 1, uint32(ErrorCode.ENHANCE_YOUR_CALM)),
      "RESOURCE_EXHAUSTED",
    ],
  ])("only the call that is answered with %s", async (_, bytes, status) => {
    let peer: RawPeer | undefined;
    const address = await raws((one) => (peer = one));
    const channel = channelTo(address);
    const call = failure(channel.unary(Echo, HI));
    await expect.poll(() => peer?.frames.some((one) => one.type === FrameType.DATA)).toBe(true);
    peer!.send(bytes);
    expect((await call).status).toBe(status);
    const next = channel.unary(Echo, HI);
    await expect
      .poll(() => peer?.frames.some((one) => one.type === FrameType.DATA && one.id === 3))
      .toBe(true);
    peer!.send(answer(3));
    expect(Buffer.from(await next)).toEqual(HI);
  });

  it("a table of 0 and windows of a few bytes are honoured", async () => {
    let peer: RawPeer | undefined;
    const address = await raws((one) => (peer = one), Buffer.concat([setting(1, 0), setting(4, 3)]));
    const call = channelTo(address).unary(Echo, HI);
    const sent = (): number =>
      peer?.frames
        .filter((one) => one.type === FrameType.DATA)
        .reduce((sum, one) => sum + one.payload.length, 0) ?? 0;
    await expect.poll(sent).toBe(3);
    expect(peer!.fields(1)[":path"]).toBe("/test.Notes/Echo");
    peer!.send(frame(FrameType.SETTINGS, 0, 0, setting(4, 5)));
    await expect.poll(sent).toBe(5);
    peer!.send(frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(100)));
    await expect.poll(sent).toBe(7);
    peer!.send(answer(1));
    await call;
  });
});

const token: Interceptor = (request, call, next) => {
  call.metadata.set("x-token", "secret");
  return next(request);
};

const again: Interceptor = async (request, _, next) => {
  try {
    return await next(request);
  } catch {
    return next(request);
  }
};

const doubled: Interceptor = async function* (request, _, next) {
  for await (const message of next(request)) yield Buffer.concat([message, message]);
};

describe("interceptors", () => {
  it("stand around calls on both sides, the first outermost, and may answer themselves", async () => {
    const order: string[] = [];
    const log =
      (name: string): Interceptor =>
      async (request, call, next) => {
        order.push(`${name} ${call.side} ${call.method.path} ${String(call.metadata.get("x-token"))}`);
        const reply = await next(request);
        order.push(`${name} done`);
        return reply;
      };
    const guard: Interceptor = (request, call, next) => {
      if (call.method === Slow) throw new GrpcError(Status.PERMISSION_DENIED, "not you");
      return next(request);
    };
    const server = await started({ interceptors: [log("c"), guard] });
    const channel = channelTo(server.address, { interceptors: [log("a"), token, log("b")] });
    expect(Buffer.from(await channel.unary(Echo, HI))).toEqual(HI);
    expect(order).toEqual([
      "a client /test.Notes/Echo undefined",
      "b client /test.Notes/Echo secret",
      "c server /test.Notes/Echo secret",
      "c done",
      "b done",
      "a done",
    ]);
    expect((await failure(channel.unary(Slow, HI))).status).toBe("PERMISSION_DENIED");
  });

  it("may call again, and see streams as iterables", async () => {
    let tries = 0;
    const flaky: Interceptor = (request, _, next) => {
      if (++tries === 1) throw new GrpcError(Status.UNAVAILABLE, "first");
      return next(request);
    };
    const server = await started({ interceptors: [flaky] });
    const channel = channelTo(server.address, { interceptors: [again] });
    expect(Buffer.from(await channel.unary(Echo, HI))).toEqual(HI);
    expect(tries).toBe(2);
    const other = channelTo((await started({ interceptors: [doubled] })).address);
    const got: string[] = [];
    for await (const message of other.bidi(notes.methods.Chat, [HI, HI]))
      got.push(Buffer.from(message).toString());
    expect(got).toEqual(["hihi", "hihi"]);
  });
});

describe("a server", () => {
  it("says nothing of a bug to the client, and everything to onError", async () => {
    const errors: unknown[] = [];
    const broken = implement(service("test.Broken", { Go: unary(raw, raw) }), {
      Go: () => {
        throw new Error("password=hunter2");
      },
    });
    const server = await serve({ services: [broken], onError: (error) => void errors.push(error) });
    cleanup.push(() => server.close());
    const error = await failure(
      channelTo(server.address).unary(service("test.Broken", { Go: unary(raw, raw) }).methods.Go, HI),
    );
    expect(error.status).toBe("UNKNOWN");
    expect(error.message).not.toContain("hunter2");
    expect(String(errors[0])).toContain("hunter2");
  });

  it("sends rich details", async () => {
    const details = [
      { typeUrl: "type.googleapis.com/google.rpc.RetryInfo", value: new Uint8Array([1, 2, 3]) },
    ];
    const rich = service("test.Rich", { Go: unary(raw, raw) });
    const server = await serve({
      services: [
        implement(rich, {
          Go: () => {
            const metadata = new Metadata({ "x-why": "because" });
            throw new GrpcError(Status.ABORTED, "try again", { details, metadata });
          },
        }),
      ],
    });
    cleanup.push(() => server.close());
    const error = await failure(channelTo(server.address).unary(rich.methods.Go, HI));
    expect(error.details).toEqual(details);
    expect(error.metadata.get("x-why")).toBe("because");
  });

  it("refuses a method that is served twice, or that its service does not have", async () => {
    await expect(serve({ services: [implementation, implementation] })).rejects.toThrow("served twice");
    const wrong = { service: notes, handlers: { Nothing: () => HI } };
    await expect(serve({ services: [wrong] })).rejects.toThrow("has no method Nothing");
    await expect(serve({ services: [], limits: { maxFrameBytes: 1 } })).rejects.toThrow(
      "limits.maxFrameBytes",
    );
  });
});

describe("a handler of a request stream", () => {
  it("does not take a cancelled client for one that has finished", async () => {
    const up = service("test.Up", { Go: clientStream(raw, raw) });
    const ends: unknown[] = [];
    const handler = implement(up, {
      Go: async (requests) => {
        try {
          for await (const _ of requests);
          ends.push("finished");
        } catch (error) {
          ends.push(error);
        }
        return HI;
      },
    });
    const server = await serve({ services: [handler] });
    cleanup.push(() => server.close({ graceMs: 100 }));
    const controller = new AbortController();
    const endless = (async function* () {
      for (;;) {
        yield HI;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const call = failure(
      channelTo(server.address).clientStream(up.methods.Go, endless, { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 40);
    expect((await call).status).toBe("CANCELLED");
    await expect.poll(() => ends.length).toBe(1);
    expect(ends[0]).toBeInstanceOf(GrpcError);
  });
});
