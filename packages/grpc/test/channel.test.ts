import { createServer as createTcp, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../src/http2/http2-error.ts";
import { FrameType } from "../src/http2/frame.ts";
import { Backoff } from "../src/call/backoff.ts";
import { connect, GrpcError, Metadata, serve, Status } from "../src/index.ts";
import { frame, setting, uint32, type RawPeer } from "./raw-peer.ts";
import {
  Echo,
  Slow,
  Ticks,
  HI,
  ticks,
  implementation,
  cleanup,
  channelTo,
  started,
  raws,
  answer,
  failure,
  unusedPort,
} from "./notes-service.ts";

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
    ticks.ended = 0;
    let read = 0;
    for await (const _ of channel.serverStream(Ticks, HI)) {
      if (++read === 3) await new Promise((resolve) => setTimeout(resolve, 100));
      // What a window and the buffers take: far from what the server could send in this time.
      if (read === 4) expect(ticks.sent * 10_000).toBeLessThan(4_000_000);
      if (read === 500) break;
    }
    await expect.poll(() => ticks.ended).toBe(1);
    expect(Buffer.from(await channel.unary(Echo, HI))).toEqual(HI);
  });
});
