import { createServer, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp, createServer as createTcp, type AddressInfo, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FrameReader } from "../http2/frame-reader.ts";
import { FrameType, PREFACE } from "../http2/frame.ts";
import { Output } from "../http2/output.ts";
import { data, frame, headers } from "../../test/raw-peer.ts";
import { HpackDecoder } from "./decoder.ts";
import { ConstantBlock, HpackEncoder } from "./encoder.ts";
import { HpackError } from "./hpack-error.ts";

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ""), "hex");
}

function decode(decoder: HpackDecoder, bytes: Buffer): [string, string][] {
  const count = decoder.decode(bytes, 0, bytes.length);
  return Array.from({ length: count / 2 }, (_, at) => [decoder.fields[2 * at]!, decoder.fields[2 * at + 1]!]);
}

describe("the decoder", () => {
  it("reads the requests of RFC 7541, appendix C.4 (Huffman, dynamic table)", () => {
    const decoder = new HpackDecoder(4096, 10_000);
    const first: [string, string][] = [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
    ];
    expect(decode(decoder, hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"))).toEqual(first);
    expect(decode(decoder, hex("8286 84be 5886 a8eb 1064 9cbf"))).toEqual([
      ...first,
      ["cache-control", "no-cache"],
    ]);
    expect(decode(decoder, hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"))).toEqual([
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ]);
  });

  it("reads the responses of appendix C.6, where a table of 256 bytes evicts", () => {
    const decoder = new HpackDecoder(256, 10_000);
    decode(
      decoder,
      hex(
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
      ),
    );
    expect(decode(decoder, hex("4883 640e ffc1 c0bf"))[0]).toEqual([":status", "307"]);
    const third = decode(
      decoder,
      hex(
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      ),
    );
    expect(third).toContainEqual(["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"]);
  });

  it.each([
    ["an index of 0", "80"],
    ["an index that is not there", "be"],
    ["an integer without end", "ff ffff ffff ff"],
    ["a string longer than the block", "00 0a 61"],
    ["EOS in a Huffman string", "00 84 ffff ffff 0161"],
    ["a padding of zeros", "00 81 00 0161"],
    ["a padding of a whole byte", "00 82 1fff 0161"],
    ["a resize after a field", "82 20"],
    ["a table above the limit", "3f e1ff 03"],
  ])("refuses %s", (_, bytes) => {
    expect(() => decode(new HpackDecoder(4096, 1000), hex(bytes))).toThrow(HpackError);
  });

  it("stays in step when a list is too large, and says so", () => {
    const out = new Output();
    const encoder = new HpackEncoder();
    encoder.field(out, "x-large", "y".repeat(200));
    const decoder = new HpackDecoder(4096, 100);
    decode(decoder, Buffer.from(out.buf.subarray(0, out.pos)));
    expect(decoder.tooLarge).toBe(true);
    expect(() => decode(decoder, hex("be"))).not.toThrow();
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const value = fc.oneof(fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/), fc.constant(""));
const fields = fc.array(fc.tuple(name, value), { maxLength: 12 });
const blocks = fc.array(
  fc.record({ fields, how: fc.constantFrom("field", "secret", "constant"), table: fc.option(fc.nat(8192)) }),
  { maxLength: 8 },
);

describe("encoder and decoder", () => {
  it("agree on any sequence of blocks, whatever the peer makes of the table", () => {
    fc.assert(
      fc.property(blocks, (sequence) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder(8192, 100_000);
        for (const { fields: list, how, table } of sequence) {
          if (table !== null) encoder.setPeerTableSize(table);
          const constant = new ConstantBlock(list);
          // The second time a constant block comes from the encoder's memory.
          for (let round = 0; round < 2; round++) {
            const out = new Output();
            encoder.begin(out);
            if (how === "constant") encoder.constant(out, constant);
            else for (const [key, text] of list) encoder[how as "field" | "secret"](out, key, text);
            expect(decode(decoder, Buffer.from(out.buf.subarray(0, out.pos)))).toEqual(list);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

// nghttp2, which Node carries, is the other implementation.
describe("our encoder and nghttp2's decoder", () => {
  const server = createServer((request, response) => {
    received.push(request.headers);
    response.end();
  });
  const received: IncomingHttpHeaders[] = [];
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("agree on blocks with a dynamic table", async () => {
    const { port } = server.address() as AddressInfo;
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { minLength: 1, maxLength: 6 }), async (sequence) => {
        received.length = 0;
        const socket = connectTcp(port, "127.0.0.1");
        await new Promise((resolve) => socket.once("connect", resolve));
        socket.resume();
        const encoder = new HpackEncoder();
        const bytes: Buffer[] = [PREFACE, frame(FrameType.SETTINGS, 0, 0)];
        sequence.forEach((list, at) => {
          const out = new Output();
          encoder.begin(out);
          encoder.constant(
            out,
            new ConstantBlock([
              [":method", "GET"],
              [":scheme", "http"],
              [":path", "/some/path"],
              [":authority", "test"],
            ]),
          );
          for (const [key, text] of list) encoder.field(out, `x-${key}`, text);
          bytes.push(headers(2 * at + 1, Buffer.from(out.buf.subarray(0, out.pos)), 0x5));
        });
        socket.write(Buffer.concat(bytes));
        await expect.poll(() => received.length, { timeout: 5000, interval: 2 }).toBe(sequence.length);
        socket.destroy();
        sequence.forEach((list, at) => {
          const expected: Record<string, string> = {};
          for (const [key, text] of list)
            expected[`x-${key}`] =
              expected[`x-${key}`] === undefined ? text : `${expected[`x-${key}`]}, ${text}`;
          expect(received[at]).toMatchObject(expected);
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe("nghttp2's encoder and our decoder", () => {
  const sockets = new Set<Socket>();
  const seen: [string, string][][] = [];
  const server = createTcp((socket) => {
    sockets.add(socket);
    const decoder = new HpackDecoder(4096, 1_000_000);
    const reader = new FrameReader(16_777_215, (type, flags, id, from, start, end) => {
      if (type === FrameType.HEADERS) {
        // Node always adds a priority.
        seen.push(decode(decoder, from.subarray(start + ((flags & 0x20) !== 0 ? 5 : 0), end)));
        socket.write(Buffer.concat([headers(id, Buffer.from([0x88])), data(id, Buffer.alloc(0), 1)]));
      }
    });
    let preface = PREFACE.length;
    socket.write(frame(FrameType.SETTINGS, 0, 0));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      const skip = Math.min(preface, chunk.length);
      preface -= skip;
      reader.push(chunk.subarray(skip));
    });
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it("agree on blocks with Huffman strings and a dynamic table", async () => {
    const { port } = server.address() as AddressInfo;
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    await fc.assert(
      fc.asyncProperty(fields, async (list) => {
        seen.length = 0;
        const unique = Object.fromEntries(list.map(([key, text]) => [`x-${key}`, text]));
        const request = session.request({ ":path": "/a/path", ...unique });
        await new Promise((resolve, reject) => {
          request.on("response", resolve);
          request.on("error", reject);
        });
        request.close();
        expect(Object.fromEntries(seen[0]!)).toMatchObject(unique);
      }),
      { numRuns: 60 },
    );
    session.destroy();
  });
});
