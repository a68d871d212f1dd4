import { describe, expect, it } from "vitest";
import { ErrorCode } from "../src/http2/http2-error.ts";
import { Flag, FrameType } from "../src/http2/frame.ts";
import { block, data, frame, framed, headers, setting, uint32, type RawPeer } from "./raw-peer.ts";
import { Echo, HI, OK_HEAD, OK_END, channelTo, raws, answer, failure } from "./notes-service.ts";

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
