import { isUtf8 } from "node:buffer";
import { MalformedMessage } from "./limits.ts";

const SHORT_STRING = 24;
const MAX_GROUP_DEPTH = 32;
const TWO_TO_32 = 4_294_967_296;

/** Reads the protobuf wire format. Every method throws MalformedMessage at bytes that do not fit it. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = this.#bytes.length;
  }

  /** Whether the message being read goes on. */
  more(): boolean {
    return this.#at < this.#end;
  }

  /** Begins a nested message (or packed numbers). Give what this returns to {@link leave}. */
  enter(): number {
    const length = this.#length();
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  /** A tag or length. Further bytes of a longer number are dropped, as protobuf demands. */
  uint32(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let byte = this.#byte(at++);
    if (byte < 128) {
      this.#at = at;
      return byte;
    }
    let value = byte & 127;
    for (let shift = 7; ; shift += 7) {
      if (shift > 63 || at >= this.#end) truncated();
      byte = bytes[at++] as number;
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    this.#at = at;
    return value >>> 0;
  }

  int64(): number {
    const first = this.#byte(this.#at);
    if (first < 128) {
      this.#at++;
      return first;
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 63) throw new MalformedMessage("a number is longer than 64 bits");
      const byte = this.#byte(this.#at++);
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) break;
    }
    const value = (high | 0) * TWO_TO_32 + (low >>> 0);
    if (!Number.isSafeInteger(value)) {
      throw new MalformedMessage("a whole number is outside of -(2^53 - 1) to 2^53 - 1");
    }
    return value;
  }

  double(): number {
    if (this.#at + 8 > this.#end) truncated();
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  bool(): boolean {
    return this.int64() !== 0;
  }

  string(): string {
    const length = this.#length();
    const bytes = this.#bytes;
    const start = this.#at;
    const end = start + length;
    this.#at = end;
    if (length <= SHORT_STRING) {
      let text = "";
      let at = start;
      for (; at < end; at++) {
        const byte = bytes[at] as number;
        if (byte > 127) break;
        text += String.fromCharCode(byte);
      }
      if (at === end) return text;
    }
    const text = bytes.toString("utf8", start, end);
    if (text.includes("\ufffd") && !isUtf8(bytes.subarray(start, end))) {
      throw new MalformedMessage("a string is not valid UTF-8");
    }
    return text;
  }

  bytes(): Uint8Array {
    const length = this.#length();
    const start = this.#at;
    this.#at = start + length;
    return Uint8Array.prototype.slice.call(this.#bytes, start, this.#at);
  }

  /** Passes over a field that is not known. */
  skip(tag: number, depth = 0): void {
    if (tag >>> 3 === 0) throw new MalformedMessage("a field has the number 0");
    switch (tag & 7) {
      case 0:
        while (this.#byte(this.#at++) > 127);
        return;
      case 1:
        return this.#advance(8);
      case 2:
        return this.#advance(this.#length());
      case 3:
        return this.#skipGroup(tag, depth + 1);
      case 5:
        return this.#advance(4);
      default:
        throw new MalformedMessage(`a field has the unknown wire type ${tag & 7}`);
    }
  }

  #skipGroup(tag: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw new MalformedMessage("groups are nested too deep");
    for (;;) {
      const next = this.uint32();
      if ((next & 7) === 4) {
        if (next >>> 3 === tag >>> 3) return;
        throw new MalformedMessage("a group ends that did not begin");
      }
      this.skip(next, depth);
    }
  }

  #length(): number {
    const length = this.uint32();
    if (this.#at + length > this.#end) truncated();
    return length;
  }

  #advance(length: number): void {
    if (this.#at + length > this.#end) truncated();
    this.#at += length;
  }

  #byte(at: number): number {
    if (at >= this.#end) truncated();
    return this.#bytes[at] as number;
  }
}

function truncated(): never {
  throw new MalformedMessage("the message ends in the middle of a field");
}
