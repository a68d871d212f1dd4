import { isUtf8 } from "node:buffer";
import { SHORT_TEXT, shortText } from "../http2/short-text.ts";
import { MAX_DEPTH, Wire } from "./wire.ts";

/** Bytes that are not the message that they should be. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

function truncated(): never {
  throw new DecodeError("the message ends inside a field");
}

function tooDeep(): never {
  throw new DecodeError(`messages are nested more than ${MAX_DEPTH} deep`);
}

/** What compiled decoders call. Functions that read leave the place behind what they read in `pos`. */
class DecodeSupport {
  pos = 0;
  low = 0;
  high = 0;
  readonly truncated = truncated;
  readonly tooDeep = tooDeep;

  /** The low 32 bits of a varint, signed. */
  varint32(from: Buffer, start: number, end: number): number {
    let at = start;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) truncated();
      const byte = from[at++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.pos = at;
        return value;
      }
    }
    throw new DecodeError("a varint has more than ten bytes");
  }

  /** All 64 bits, in `low` and `high`. */
  varint64(from: Buffer, start: number, end: number): void {
    let at = start;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) truncated();
      const byte = from[at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= bits << 31;
      if (byte < 0x80) {
        this.pos = at;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new DecodeError("a varint has more than ten bytes");
  }

  /** A length that fits into what is left. */
  length(from: Buffer, start: number, end: number): number {
    const length = this.varint32(from, start, end) >>> 0;
    if (length > end - this.pos) truncated();
    return length;
  }

  string(from: Buffer, start: number, end: number): string {
    if (end - start <= SHORT_TEXT) {
      let bits = 0;
      for (let at = start; at < end; at++) bits |= from[at]!;
      if (bits < 0x80) return shortText(from, start, end - start);
    }
    const text = from.utf8Slice(start, end);
    if (text.includes("\uFFFD") && !isUtf8(from.subarray(start, end)))
      throw new DecodeError("a string is not UTF-8");
    return text;
  }

  bytes(from: Buffer, start: number, end: number): Uint8Array {
    return new Uint8Array(from.subarray(start, end));
  }

  int64(from: Buffer, start: number, end: number): bigint {
    this.varint64(from, start, end);
    return BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(this.low));
  }

  uint64(from: Buffer, start: number, end: number): bigint {
    this.varint64(from, start, end);
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  sint64(from: Buffer, start: number, end: number): bigint {
    const value = this.uint64(from, start, end);
    return (value >> 1n) ^ -(value & 1n);
  }

  fixed64(from: Buffer, start: number, end: number): bigint {
    if (end - start < 8) truncated();
    this.pos = start + 8;
    return from.readBigUInt64LE(start);
  }

  sfixed64(from: Buffer, start: number, end: number): bigint {
    if (end - start < 8) truncated();
    this.pos = start + 8;
    return from.readBigInt64LE(start);
  }

  fixed32(from: Buffer, start: number, end: number): number {
    if (end - start < 4) truncated();
    this.pos = start + 4;
    return from.readUInt32LE(start);
  }

  sfixed32(from: Buffer, start: number, end: number): number {
    return this.fixed32(from, start, end) | 0;
  }

  double(from: Buffer, start: number, end: number): number {
    if (end - start < 8) truncated();
    this.pos = start + 8;
    return from.readDoubleLE(start);
  }

  float(from: Buffer, start: number, end: number): number {
    if (end - start < 4) truncated();
    this.pos = start + 4;
    return from.readFloatLE(start);
  }

  int32(from: Buffer, start: number, end: number): number {
    return this.varint32(from, start, end);
  }

  uint32(from: Buffer, start: number, end: number): number {
    return this.varint32(from, start, end) >>> 0;
  }

  sint32(from: Buffer, start: number, end: number): number {
    const value = this.varint32(from, start, end) >>> 0;
    return (value >>> 1) ^ -(value & 1);
  }

  bool(from: Buffer, start: number, end: number): boolean {
    this.varint64(from, start, end);
    return this.low !== 0 || this.high !== 0;
  }

  safe(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number))
      throw new DecodeError(`${value} does not fit into a number; its field has jstype "number"`);
    return number;
  }

  enumName(names: ReadonlyMap<number, string>, value: number): string | number {
    return names.get(value) ?? value;
  }

  /** A key "__proto__" of a map must become a property, not the prototype. */
  put(map: Record<string, unknown>, key: string | number | bigint | boolean, value: unknown): void {
    if (key === "__proto__")
      Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
    else map[String(key)] = value;
  }

  /** Passes over a field that is not known; returns where the next one starts. */
  skip(from: Buffer, start: number, end: number, tag: number, depth: number): number {
    if (tag >>> 3 === 0) throw new DecodeError("a field has the number 0");
    switch (tag & 7) {
      case Wire.VARINT:
        this.varint64(from, start, end);
        return this.pos;
      case Wire.FIXED64:
        return end - start < 8 ? truncated() : start + 8;
      case Wire.FIXED32:
        return end - start < 4 ? truncated() : start + 4;
      case Wire.LENGTH: {
        const length = this.length(from, start, end);
        return this.pos + length;
      }
      case Wire.START_GROUP:
        return this.#skipGroup(from, start, end, tag, depth);
      default:
        throw new DecodeError(`a field has the wire type ${tag & 7}`);
    }
  }

  #skipGroup(from: Buffer, start: number, end: number, tag: number, depth: number): number {
    if (depth >= MAX_DEPTH) tooDeep();
    let at = start;
    while (at < end) {
      const inner = this.varint32(from, at, end) >>> 0;
      at = this.pos;
      if ((inner & 7) === Wire.END_GROUP) {
        if (inner >>> 3 !== tag >>> 3) throw new DecodeError("a group ends that did not start");
        return at;
      }
      at = this.skip(from, at, end, inner, depth + 1);
    }
    return truncated();
  }
}

/** Decoding is synchronous, so that all decoders can share one. */
export const decodeSupport = new DecodeSupport();
