import type { Output } from "../http2/output.ts";

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

function wrong(where: string, expected: string, value: unknown): never {
  const got =
    value === null
      ? "null"
      : Array.isArray(value)
        ? "an array"
        : typeof value === "number"
          ? String(value)
          : typeof value;
  throw new TypeError(`${where} must be ${expected}, not ${got}`);
}

/** Leaves one byte for the length of what follows. */
function begin(out: Output): number {
  out.reserve(1);
  return out.pos++;
}

/** Writes the length at `at`; what is longer than 127 bytes is moved to make room for it. */
function finish(out: Output, at: number): void {
  const length = out.pos - at - 1;
  if (length < 0x80) {
    out.buf[at] = length;
    return;
  }
  const size = length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5;
  out.reserve(size);
  out.buf.copyWithin(at + size, at + 1, out.pos);
  const end = out.pos + size - 1;
  out.pos = at;
  out.varint(length);
  out.pos = end;
}

/** A negative int32 is ten bytes, sign-extended to 64 bits. */
function negative(out: Output, value: number): void {
  varint64(out, BigInt.asUintN(64, BigInt(value)));
}

function varint64(out: Output, value: bigint): void {
  out.reserve(10);
  let low = Number(value & 0xffff_ffffn);
  let high = Number(value >> 32n);
  const { buf } = out;
  while (high !== 0 || low > 0x7f) {
    buf[out.pos++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  buf[out.pos++] = low;
}

function long(where: string, value: unknown, least: bigint, most: bigint): bigint {
  if (typeof value === "bigint") {
    if (value >= least && value <= most) return value;
  } else if (Number.isSafeInteger(value)) {
    const big = BigInt(value as number);
    if (big >= least) return big;
  }
  return wrong(
    where,
    least === 0n ? "a uint64 (a bigint or a safe integer)" : "an int64 (a bigint or a safe integer)",
    value,
  );
}

function int64(out: Output, where: string, value: unknown): void {
  // Most are small and positive, and need no bigint.
  if (typeof value === "number" && value >= 0 && value <= 0x7fff_ffff && Number.isInteger(value))
    return out.varint(value);
  varint64(out, BigInt.asUintN(64, long(where, value, MIN_INT64, MAX_INT64)));
}

function uint64(out: Output, where: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value <= 0x7fff_ffff && Number.isInteger(value))
    return out.varint(value);
  varint64(out, long(where, value, 0n, MAX_UINT64));
}

function sint64(out: Output, where: string, value: unknown): void {
  const big = long(where, value, MIN_INT64, MAX_INT64);
  varint64(out, BigInt.asUintN(64, (big << 1n) ^ (big >> 63n)));
}

function fixed32(out: Output, value: number): void {
  out.reserve(4);
  const { buf, pos } = out;
  buf[pos] = value;
  buf[pos + 1] = value >>> 8;
  buf[pos + 2] = value >>> 16;
  buf[pos + 3] = value >>> 24;
  out.pos = pos + 4;
}

function fixed64(out: Output, where: string, value: unknown): void {
  out.reserve(8);
  out.pos = out.buf.writeBigUInt64LE(long(where, value, 0n, MAX_UINT64), out.pos);
}

function sfixed64(out: Output, where: string, value: unknown): void {
  out.reserve(8);
  out.pos = out.buf.writeBigInt64LE(long(where, value, MIN_INT64, MAX_INT64), out.pos);
}

function double(out: Output, value: number): void {
  out.reserve(8);
  out.pos = out.buf.writeDoubleLE(value, out.pos);
}

function float(out: Output, value: number): void {
  out.reserve(4);
  out.pos = out.buf.writeFloatLE(value, out.pos);
}

function enumNumber(where: string, names: ReadonlyMap<string, number>, value: unknown): number {
  if (typeof value === "number" && (value | 0) === value) return value;
  const number = names.get(value as string);
  return number ?? wrong(where, `one of ${[...names.keys()].join(", ")}`, value);
}

function boolKey(key: string): boolean {
  return key === "true";
}

function longKey(where: string, key: string): bigint {
  try {
    return BigInt(key);
  } catch {
    return wrong(where, "a map with whole numbers as keys", key);
  }
}

/** What compiled encoders call. */
export const encodeSupport = {
  wrong,
  begin,
  finish,
  negative,
  int64,
  uint64,
  sint64,
  fixed32,
  fixed64,
  sfixed64,
  double,
  float,
  enumNumber,
  boolKey,
  longKey,
};
