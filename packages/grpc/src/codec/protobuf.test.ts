import fc from "fast-check";
import protobufjsLibrary from "protobufjs";
import { describe, expect, it } from "vitest";
import { Output } from "../http2/output.ts";
import { protobufjs } from "./codec.ts";
import { DecodeError } from "./decode-support.ts";
import { enumeration, message, type Field, type MessageType } from "./descriptor.ts";
import { protobuf } from "./protobuf.ts";

const color = enumeration("test.Color", { RED: 0, BLUE: 5, GREEN: -1 });
const inner = message("test.Inner", [
  { name: "text", number: 1, type: "string" },
  { name: "count", number: 2, type: "uint32" },
]);
const scalars = [
  "double",
  "float",
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "bool",
  "string",
  "bytes",
] as const;
const everything: MessageType = message("test.Everything", [
  ...scalars.map((type, at): Field => ({ name: `one_${type}`, number: at + 1, type })),
  ...scalars.map((type, at): Field => ({ name: `opt_${type}`, number: at + 21, type, optional: true })),
  ...scalars.map((type, at): Field => ({ name: `many_${type}`, number: at + 41, type, repeated: true })),
  { name: "color", number: 61, type: color },
  { name: "colors", number: 62, type: color, repeated: true },
  { name: "inner", number: 63, type: inner },
  { name: "inners", number: 64, type: inner, repeated: true },
  { name: "by_text", number: 65, type: inner, map: "string" },
  { name: "by_number", number: 66, type: "string", map: "int32" },
  { name: "by_long", number: 67, type: "bool", map: "uint64" },
  { name: "self", number: 68, type: () => everything },
  { name: "either", number: 2000, type: "string", oneof: "choice" },
  { name: "other", number: 2001, type: inner, oneof: "choice" },
]);

const PROTO = `syntax = "proto3"; package test;
enum Color { RED = 0; BLUE = 5; GREEN = -1; }
message Inner { string text = 1; uint32 count = 2; }
message Everything {
  ${scalars.map((type, at) => `${type} one_${type} = ${at + 1}; optional ${type} opt_${type} = ${at + 21}; repeated ${type} many_${type} = ${at + 41};`).join("\n")}
  Color color = 61; repeated Color colors = 62; Inner inner = 63; repeated Inner inners = 64;
  map<string, Inner> by_text = 65; map<int32, string> by_number = 66; map<uint64, bool> by_long = 67; Everything self = 68;
  oneof choice { string either = 2000; Inner other = 2001; }
}`;
const reference = protobufjsLibrary.parse(PROTO, { keepCase: true }).root.lookupType("test.Everything");

const ours = protobuf<any>(everything);

function encode(value: unknown): Buffer {
  const out = new Output();
  ours.encode(value, out);
  return Buffer.from(out.buf.subarray(0, out.pos));
}

function decode(bytes: Buffer): any {
  return ours.decode(bytes, 0, bytes.length);
}

const textValue = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 100 }),
  )
  .map((s) => s.toWellFormed());
const arbitraries: Record<(typeof scalars)[number], fc.Arbitrary<unknown>> = {
  double: fc.double({ noNaN: true }),
  float: fc.float({ noNaN: true }),
  int32: fc.integer(),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint32: fc.nat(0xffff_ffff),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  sint32: fc.integer(),
  sint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fixed32: fc.nat(0xffff_ffff),
  fixed64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  sfixed32: fc.integer(),
  sfixed64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bool: fc.boolean(),
  string: textValue,
  bytes: fc.uint8Array({ maxLength: 300 }),
};
const innerValue = fc.record({ text: textValue, count: fc.nat(0xffff_ffff) });
const colorValue = fc.constantFrom("RED", "BLUE", "GREEN");
const flat = {
  ...Object.fromEntries(scalars.map((type) => [`one_${type}`, arbitraries[type]])),
  ...Object.fromEntries(scalars.map((type) => [`opt_${type}`, arbitraries[type]])),
  ...Object.fromEntries(
    scalars.map((type) => [`many_${type}`, fc.array(arbitraries[type], { maxLength: 5 })]),
  ),
  color: colorValue,
  colors: fc.array(colorValue, { maxLength: 4 }),
  inner: innerValue,
  inners: fc.array(innerValue, { maxLength: 4 }),
  by_text: fc.dictionary(textValue, innerValue, { maxKeys: 4, noNullPrototype: true }),
  by_number: fc.dictionary(fc.integer().map(String), textValue, { maxKeys: 4, noNullPrototype: true }),
  by_long: fc.dictionary(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String), fc.boolean(), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
};
const values = fc.record(
  { ...flat, self: fc.record(flat, { requiredKeys: [] }), either: textValue },
  { requiredKeys: [] },
);

/** The value as it decodes: fields without presence have their default. */
function complete(value: any): any {
  const defaults = decode(Buffer.alloc(0));
  const full = { ...defaults, ...value };
  if (value.self !== undefined) full.self = complete(value.self);
  return full;
}

/** For protobufjs, which has longs as strings here. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value === "number" && Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  return value;
}

describe("the protobuf codec", () => {
  it("decodes what it encoded", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value))).toEqual(complete(value));
      }),
      { numRuns: 300 },
    );
  });

  it("is understood by protobufjs", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encode(value);
        const theirs = reference.toObject(reference.decode(bytes), {
          longs: String,
          enums: String,
          bytes: String,
          arrays: true,
          objects: true,
          defaults: false,
        });
        const again = encode(fromPlain(theirs));
        expect(plain(decode(again))).toEqual(plain(complete(value)));
      }),
      { numRuns: 200 },
    );
  });

  it("understands protobufjs", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = reference
          .encode(reference.fromObject(plain(value) as Record<string, unknown>))
          .finish();
        expect(plain(decode(Buffer.from(bytes)))).toEqual(plain(complete(value)));
      }),
      { numRuns: 200 },
    );
  });

  it("never reads outside of the message and never fails with anything but DecodeError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(20), (bytes, before) => {
        const padded = Buffer.concat([Buffer.alloc(before, 0xff), bytes, Buffer.alloc(20, 0x01)]);
        const alone = result(() => ours.decode(Buffer.from(bytes), 0, bytes.length));
        const inside = result(() => ours.decode(padded, before, before + bytes.length));
        expect(inside).toEqual(alone);
      }),
      { numRuns: 3000 },
    );
  });

  it("survives mutations of real messages", () => {
    const change = fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255));
    fc.assert(
      fc.property(values, fc.array(change, { minLength: 1, maxLength: 5 }), (value, changes) => {
        const bytes = encode(value);
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[Math.floor(at * bytes.length)] = byte;
        result(() => decode(bytes));
      }),
      { numRuns: 1500 },
    );
  });

  it("refuses messages that are nested too deep, and groups too", () => {
    let nested: any = {};
    for (let depth = 0; depth < 101; depth++) nested = { self: nested };
    expect(() => decode(encode(nested))).toThrow(/nested/);
    expect(() => decode(Buffer.alloc(5000, 0xa3).fill(0x0b))).toThrow(DecodeError);
  });

  it("refuses strings that are not UTF-8 and takes U+FFFD", () => {
    const one = scalars.indexOf("string") + 1;
    expect(() => decode(Buffer.from([(one << 3) | 2, 2, 0xc3, 0x28]))).toThrow("UTF-8");
    expect(decode(encode({ one_string: "a\uFFFDb" })).one_string).toBe("a\uFFFDb");
  });

  it("makes a key __proto__ a property", () => {
    const value = { by_text: Object.fromEntries([["__proto__", { text: "x", count: 1 }]]) };
    const decoded = decode(encode(value));
    expect(Object.keys(decoded.by_text)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(decoded.by_text)).toBe(Object.prototype);
  });

  it("keeps the last member of a oneof", () => {
    const both = Buffer.concat([encode({ either: "x" }), encode({ other: { text: "y", count: 2 } })]);
    expect(decode(both)).toMatchObject({ other: { text: "y", count: 2 } });
    expect(decode(both)).not.toHaveProperty("either");
  });

  it.each([
    [{ one_string: 5 }, "test.Everything.one_string must be a string, not 5"],
    [{ one_int32: 2 ** 31 }, "test.Everything.one_int32 must be an int32"],
    [{ one_uint32: -1 }, "test.Everything.one_uint32 must be a uint32"],
    [{ one_uint64: -1 }, "test.Everything.one_uint64 must be a uint64"],
    [{ one_int64: 2n ** 63n }, "test.Everything.one_int64 must be an int64"],
    [{ color: "PINK" }, "test.Everything.color must be one of RED, BLUE, GREEN"],
    [{ many_bool: true }, "test.Everything.many_bool must be an array"],
    [{ inner: { text: null, count: "1" } }, "test.Inner.count must be a uint32"],
    [null, "test.Everything must be an object, not null"],
  ])("says where a value is wrong (%#)", (value, text) => {
    expect(() => encode(value)).toThrow(text);
  });

  it("refuses a long that is no safe number where numbers were asked for", () => {
    const type = message("test.Long", [{ name: "n", number: 1, type: "int64", jstype: "number" }]);
    const codec = protobuf<{ n: number | bigint }>(type);
    const out = new Output();
    codec.encode({ n: -(2 ** 52) }, out);
    expect(codec.decode(out.buf, 0, out.pos)).toEqual({ n: -(2 ** 52) });
    const large = new Output();
    codec.encode({ n: 2n ** 60n }, large);
    expect(() => codec.decode(large.buf, 0, large.pos)).toThrow(/does not fit/);
  });
});

it("protobufjs is the codec where code generation is forbidden", () => {
  const codec = protobufjs<{ text: string; count: number }>(reference.root.lookupType("test.Inner") as never);
  const out = new Output();
  codec.encode({ text: "x", count: 3 }, out);
  expect(codec.decode(out.buf, 0, out.pos)).toMatchObject({ text: "x", count: 3 });
});

describe("descriptors", () => {
  it.each([
    [[{ name: "a", number: 0, type: "string" }], "number 0"],
    [[{ name: "a", number: 19_000, type: "string" }], "19,000"],
    [[{ name: "a-b", number: 1, type: "string" }], "letters"],
    [[{ name: "__proto__", number: 1, type: "string" }], "letters"],
    [[{ name: "a", number: 1, type: "int" }], 'no type "int"'],
    [[{ name: "a", number: 1, type: "string", map: "double" }], "key of a map"],
    [[{ name: "a", number: 1, type: "string", map: "string", repeated: true }], "only one of"],
    [
      [
        { name: "a", number: 1, type: "string" },
        { name: "a", number: 2, type: "string" },
      ],
      "used twice",
    ],
    [
      [
        { name: "a", number: 1, type: "string" },
        { name: "b", number: 1, type: "string" },
      ],
      "used twice",
    ],
  ])("are refused where they are wrong: %j", (list, text) => {
    expect(() => message("test.Wrong", list as Field[])).toThrow(text);
  });
});

function result(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return "refused";
  }
}

/** What protobufjs gave, as our codec takes it. */
function fromPlain(value: any, type: MessageType = everything): any {
  const made: Record<string, unknown> = {};
  for (const field of type.fields) {
    const given = value[field.name];
    if (given === undefined) continue;
    const one = (item: any): unknown => {
      const kind = typeof field.type === "function" ? field.type() : field.type;
      if (kind === "bytes") return new Uint8Array(Buffer.from(item, "base64"));
      if (typeof kind === "string" && kind.includes("64")) return BigInt(item);
      return typeof kind === "object" && kind.kind === "message" ? fromPlain(item, kind) : item;
    };
    if (field.repeated === true) made[field.name] = given.map(one);
    else if (field.map !== undefined)
      made[field.name] = Object.fromEntries(Object.entries(given).map(([key, item]) => [key, one(item)]));
    else made[field.name] = one(given);
  }
  return made;
}
