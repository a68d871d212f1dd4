import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { anySample, contractOf } from "./testing.ts";
import { codec, type MessageCodec } from "./codec.ts";
import { MalformedMessage, MessageTooLarge } from "./limits.ts";
import { protoOf } from "./lock.ts";
import { protoText } from "./proto-text.ts";

function codecFor(schema: z.ZodType): { messageCodec: MessageCodec; proto: string } {
  const descriptor = protoOf(contractOf(schema));
  const method = codec(descriptor).methods.get("sample@1.ask");
  if (!method) throw new Error("the sample has no method");
  return { messageCodec: method.request, proto: protoText(descriptor) };
}

function roundTrip(schema: z.ZodType, value: unknown): unknown {
  const { messageCodec } = codecFor(schema);
  return messageCodec.decode(messageCodec.encode(value));
}

const anyCase = anySample.chain(({ schema, value }) => value.map((fits) => ({ schema, value: fits })));

describe("the codec of a message", () => {
  it("gives back every value of every schema, with absent fields absent", () => {
    fc.assert(
      fc.property(anyCase, ({ schema, value }) => {
        expect(roundTrip(schema, value)).toStrictEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it("speaks the same bytes as another implementation that has only the .proto text", () => {
    fc.assert(
      fc.property(anyCase, ({ schema, value }) => {
        const { messageCodec, proto } = codecFor(schema);
        const type = protobuf.parse(proto, { keepCase: true }).root.lookupType("kerf.sample.v1.AskRequest");
        const theirs = type.encode(type.decode(messageCodec.encode(value))).finish();
        expect(messageCodec.decode(theirs)).toStrictEqual(value);
      }),
      { numRuns: 150 },
    );
  });

  it("tells absent, null and empty apart", () => {
    const schema = z.object({
      name: z.string().nullable().optional(),
      tags: z.array(z.string()).optional(),
      limits: z.record(z.string(), z.int()).nullable(),
    });
    for (const value of [
      { limits: null },
      { name: null, limits: {} },
      { name: "", tags: [], limits: { a: 0 } },
    ]) {
      expect(roundTrip(schema, value)).toStrictEqual(value);
    }
  });

  it("reads what other languages leave out: zero for a scalar, null for what may be null", () => {
    const schema = z.object({
      n: z.int(),
      s: z.string(),
      list: z.array(z.int()),
      none: z.string().nullable(),
      maybe: z.boolean().optional(),
    });
    const { messageCodec } = codecFor(schema);
    expect(messageCodec.decode(new Uint8Array(0))).toStrictEqual({ n: 0, s: "", list: [], none: null });
  });

  it("keeps an enum value that it does not know", () => {
    const older = codecFor(z.object({ colour: z.enum(["red"]) })).messageCodec;
    const newer = codecFor(z.object({ colour: z.enum(["red", "green"]) })).messageCodec;
    expect(older.decode(newer.encode({ colour: "green" }))).toEqual({ colour: "green" });
  });

  it("drops fields that it does not know, of every wire type", () => {
    const more = z.object({
      a: z.string(),
      b: z.int(),
      c: z.number(),
      d: z.object({ x: z.string() }),
      e: z.array(z.int()),
    });
    const bytes = codecFor(more).messageCodec.encode({ a: "kept", b: -1, c: 0.5, d: { x: "y" }, e: [1, 2] });
    const fixed32AndGroup = Buffer.from([0x75, 1, 2, 3, 4, 0x7b, 0x08, 0x01, 0x7c]);
    const { messageCodec } = codecFor(z.object({ a: z.string() }));
    expect(messageCodec.decode(Buffer.concat([fixed32AndGroup, bytes]))).toStrictEqual({ a: "kept" });
  });

  it("does not let a key of a record change what an object is", () => {
    const value = JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown;
    const decoded = roundTrip(z.record(z.string(), z.object({ isAdmin: z.boolean() })), value) as object;
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.keys(decoded)).toEqual(["__proto__"]);
  });

  it("refuses whole numbers that JavaScript cannot hold", () => {
    const { messageCodec } = codecFor(z.object({ n: z.int() }));
    expect(() => messageCodec.encode({ n: 2 ** 53 })).toThrow(MalformedMessage);
    expect(() => messageCodec.encode({ n: 0.5 })).toThrow(MalformedMessage);
    // 2^53, as other languages write it.
    const tooLarge = Buffer.from([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
    expect(() => messageCodec.decode(tooLarge)).toThrow(/2\^53/);
  });

  it("answers any bytes with a value or MalformedMessage, and nothing else", () => {
    const { messageCodec } = codecFor(
      z.object({
        a: z.string(),
        b: z.array(z.int()),
        c: z.record(z.string(), z.object({ d: z.number() })),
        e: z.array(z.array(z.boolean())).optional(),
      }),
    );
    const near = fc
      .tuple(fc.uint8Array({ maxLength: 30 }), fc.nat(200), fc.nat(255))
      .map(([noise, at, byte]) => {
        const bytes = messageCodec.encode({ a: "x", b: [1, -2], c: { k: { d: 1 } }, e: [[true]] });
        bytes[at % bytes.length] = byte;
        return Buffer.concat([bytes, noise]);
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), near), (bytes) => {
        try {
          messageCodec.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("refuses a string that is not UTF-8, and takes the replacement character itself", () => {
    const { messageCodec } = codecFor(z.object({ s: z.string() }));
    expect(() => messageCodec.decode(Buffer.from([0x0a, 2, 0xc3, 0x28]))).toThrow(/UTF-8/);
    expect(messageCodec.decode(messageCodec.encode({ s: "\ufffd" }))).toEqual({ s: "\ufffd" });
  });

  it("stops at 4 MB, and works after it", () => {
    const { messageCodec } = codecFor(z.object({ parts: z.array(z.string()) }));
    const mega = "x".repeat(1024 * 1024);
    expect(() => messageCodec.encode({ parts: [mega, mega, mega, mega] })).toThrow(MessageTooLarge);
    const value = { parts: [mega, mega, mega] };
    expect(messageCodec.decode(messageCodec.encode(value))).toEqual(value);
    expect(messageCodec.encode({ parts: [] })).toHaveLength(0);
  });

  it("shares one hidden class among objects of a type, so keys come in the order of declaration", () => {
    const schema = z.object({ b: z.string(), a: z.int(), c: z.string().optional() });
    expect(Object.keys(roundTrip(schema, { c: "x", a: 1, b: "y" }) as object)).toEqual(["b", "a", "c"]);
  });
});
