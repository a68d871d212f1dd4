import fc from "fast-check";
import { expect, it } from "vitest";
import { frame } from "../../test/raw-peer.ts";
import { FrameReader } from "./frame-reader.ts";
import { ConnectionError } from "./http2-error.ts";

function read(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader(16_384, (type, flags, id, from, start, end) => {
    seen.push(`${type} ${flags} ${id} ${from.toString("hex", start, end)}`);
  });
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

it("gives the same frames however the bytes are cut", () => {
  const frames = fc.array(
    fc.tuple(fc.nat(255), fc.nat(255), fc.nat(0x7fff_ffff), fc.uint8Array({ maxLength: 200 })),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(frames, fc.array(fc.nat(400)), (list, cuts) => {
      const bytes = Buffer.concat(list.map(([type, flags, id, payload]) => frame(type, flags, id, payload)));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const size of cuts) chunks.push(bytes.subarray(at, (at += size)));
      chunks.push(bytes.subarray(at));
      expect(read(chunks)).toEqual(
        list.map(
          ([type, flags, id, payload]) => `${type} ${flags} ${id} ${Buffer.from(payload).toString("hex")}`,
        ),
      );
    }),
  );
});

it("refuses a frame that is too large before it has arrived", () => {
  const claimed = Buffer.from([0x00, 0x40, 0x01, 0, 0, 0, 0, 0, 1]);
  expect(() => read([claimed])).toThrow(ConnectionError);
  expect(() => read([claimed.subarray(0, 4), claimed.subarray(4)])).toThrow(ConnectionError);
});
