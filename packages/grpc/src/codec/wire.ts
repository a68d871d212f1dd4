import type { ScalarType } from "./descriptor.ts";

/** Wire types (protobuf.dev, "Encoding"). */
export const Wire = { VARINT: 0, FIXED64: 1, LENGTH: 2, START_GROUP: 3, END_GROUP: 4, FIXED32: 5 } as const;

export const WIRE_TYPE: Readonly<Record<ScalarType | "enum", number>> = {
  double: Wire.FIXED64,
  float: Wire.FIXED32,
  int32: Wire.VARINT,
  int64: Wire.VARINT,
  uint32: Wire.VARINT,
  uint64: Wire.VARINT,
  sint32: Wire.VARINT,
  sint64: Wire.VARINT,
  fixed32: Wire.FIXED32,
  fixed64: Wire.FIXED64,
  sfixed32: Wire.FIXED32,
  sfixed64: Wire.FIXED64,
  bool: Wire.VARINT,
  string: Wire.LENGTH,
  bytes: Wire.LENGTH,
  enum: Wire.VARINT,
};

export const LONGS: ReadonlySet<string> = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

/** Messages inside messages, past which decoding stops: a stranger must not choose how deep our stack goes. */
export const MAX_DEPTH = 100;
