import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ServerConnection, type ServerContext } from "../src/call/server-connection.ts";
import { register } from "../src/call/server.ts";
import { Flag, FrameType, PREFACE } from "../src/http2/frame.ts";
import { limitsWith } from "../src/http2/limits.ts";
import { bidi, implement, raw, service, unary } from "../src/index.ts";
import { MemorySocket } from "./fuzz/memory-socket.ts";
import { data, frame, framed, headers, requestBlock } from "./raw-peer.ts";

const echo = service("test.Echo", { One: unary(raw, raw), Chat: bidi(raw, raw) });
const implementation = implement(echo, { One: (request) => request, Chat: (requests) => requests });
const context: ServerContext = {
  limits: limitsWith(),
  methods: register([implementation], []),
  gzip: false,
  keepalive: undefined,
  onError: (error) => {
    throw error;
  },
  onClose: () => undefined,
};

/** What each stream got of a server that was fed these pieces: its header blocks' sizes and its DATA, put together. */
async function answers(pieces: readonly Buffer[]): Promise<Record<number, { data: string; ends: number }>> {
  const socket = new MemorySocket(true);
  const server = new ServerConnection(socket as unknown as Socket, context);
  for (const piece of pieces) socket.feed(piece);
  for (let n = 0; n < 5; n++) await turn();
  server.lose("done");
  const bytes = Buffer.concat(socket.written);
  const streams: Record<number, { data: string; ends: number }> = {};
  for (let at = 0; at < bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    const id = bytes.readUInt32BE(at + 5);
    const stream = (streams[id] ??= { data: "", ends: 0 });
    if (bytes[at + 3] === FrameType.DATA) stream.data += bytes.toString("hex", at + 9, end);
    if (id > 0 && (bytes[at + 4]! & Flag.END_STREAM) !== 0) stream.ends++;
    at = end;
  }
  delete streams[0];
  return streams;
}

it("a server answers the same, whatever the pieces in which bytes come and messages lie in frames", async () => {
  const call = fc.record({
    messages: fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }),
    cuts: fc.array(fc.nat(30), { maxLength: 6 }),
    emptyEnd: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(90), { maxLength: 20 }),
      async (calls, cuts) => {
        const frames: Buffer[] = [PREFACE, frame(FrameType.SETTINGS, 0, 0)];
        calls.forEach(({ messages, cuts: inner, emptyEnd }, at) => {
          const id = 2 * at + 1;
          const all = at % 2 === 0 ? messages.slice(0, 1) : messages;
          frames.push(headers(id, requestBlock(at % 2 === 0 ? "/test.Echo/One" : "/test.Echo/Chat")));
          const body = Buffer.concat(all.map((one) => framed(one)));
          let from = 0;
          for (const size of inner) frames.push(data(id, body.subarray(from, (from += size))));
          if (emptyEnd)
            frames.push(data(id, body.subarray(from)), data(id, Buffer.alloc(0), Flag.END_STREAM));
          else frames.push(data(id, body.subarray(from), Flag.END_STREAM));
        });
        const bytes = Buffer.concat(frames);
        const pieces: Buffer[] = [];
        let from = 0;
        for (const size of cuts) pieces.push(bytes.subarray(from, (from += size)));
        pieces.push(bytes.subarray(from));
        const got = await answers(pieces);
        calls.forEach(({ messages }, at) => {
          const all = at % 2 === 0 ? messages.slice(0, 1) : messages;
          expect(got[2 * at + 1]).toEqual({
            data: Buffer.concat(all.map((one) => framed(one))).toString("hex"),
            ends: 1,
          });
        });
      },
    ),
    { numRuns: 200 },
  );
});
