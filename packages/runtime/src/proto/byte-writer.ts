import { MAX_MESSAGE_BYTES, MalformedMessage, MessageTooLarge } from "./limits.ts";

const START_BYTES = 32 * 1024;
const KEEP_BYTES = 512 * 1024;
/** Up to here a loop over the characters beats the call into the encoder. */
const SHORT_STRING = 40;
const TWO_TO_32 = 4_294_967_296;

/** Writes the protobuf wire format (https://protobuf.dev/programming-guides/encoding/) into one growing buffer. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(START_BYTES);
  #at = 0;

  /** A copy of what was written. The writer is empty afterwards. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(taken, 0, 0, this.#at);
    this.reset();
    return taken;
  }

  reset(): void {
    this.#at = 0;
    if (this.#bytes.length > KEEP_BYTES) this.#bytes = Buffer.allocUnsafeSlow(START_BYTES);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  /** Forgets what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.#at = length;
  }

  /** An unsigned number below 2^32. */
  uint32(value: number): void {
    if (this.#at + 5 > this.#bytes.length) this.#grow(5);
    const bytes = this.#bytes;
    let at = this.#at;
    while (value > 127) {
      bytes[at++] = (value & 127) | 128;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.#at = at;
  }

  /** @throws MalformedMessage for a number that is not a safe integer. */
  int64(value: number): void {
    if (value >= 0 && value < TWO_TO_32) {
      if (value !== Math.floor(value)) throw new MalformedMessage(`${value} is not a whole number`);
      return this.uint32(value);
    }
    if (!Number.isSafeInteger(value)) {
      throw new MalformedMessage(`${value} is not a whole number between -(2^53 - 1) and 2^53 - 1`);
    }
    if (this.#at + 10 > this.#bytes.length) this.#grow(10);
    let high = Math.floor(value / TWO_TO_32);
    let low = value - high * TWO_TO_32;
    high >>>= 0;
    const bytes = this.#bytes;
    let at = this.#at;
    while (high !== 0) {
      bytes[at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#at = at;
    this.uint32(low);
  }

  double(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  bool(value: boolean): void {
    this.uint32(value ? 1 : 0);
  }

  /** With its length in front. */
  string(value: string): void {
    if (value.length <= SHORT_STRING) return this.#shortString(value);
    const mark = this.open();
    // At most three bytes of UTF-8 for a unit of UTF-16.
    if (this.#at + value.length * 3 > this.#bytes.length) this.#grow(Buffer.byteLength(value));
    this.#at += this.#bytes.write(value, this.#at, "utf8");
    this.close(mark);
  }

  #shortString(value: string): void {
    const { length } = value;
    if (this.#at + 1 + length * 3 > this.#bytes.length) this.#grow(1 + length * 3);
    const bytes = this.#bytes;
    const start = this.#at + 1;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) {
        const written = bytes.write(value, start, "utf8");
        bytes[start - 1] = written;
        this.#at = start + written;
        return;
      }
      bytes[start + i] = unit;
    }
    bytes[start - 1] = length;
    this.#at = start + length;
  }

  /** With its length in front. */
  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.raw(value);
  }

  /** What hexadecimal digits say, with its length in front. */
  hex(digits: string): void {
    const length = digits.length >>> 1;
    this.uint32(length);
    if (this.#at + length > this.#bytes.length) this.#grow(length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < length; i++)
      bytes[at + i] = (digitOf(digits.charCodeAt(2 * i)) << 4) | digitOf(digits.charCodeAt(2 * i + 1));
    this.#at = at + length;
  }

  fixed32(value: number): void {
    if (this.#at + 4 > this.#bytes.length) this.#grow(4);
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    this.#at = at + 4;
  }

  /** By its halves, each unsigned. */
  fixed64(low: number, high: number): void {
    this.fixed32(low);
    this.fixed32(high);
  }

  /** As they are: what was encoded before. */
  raw(value: Uint8Array): void {
    if (this.#at + value.length > this.#bytes.length) this.#grow(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** Begins something whose length stands in front of it. Give what this returns to {@link close}. */
  open(): number {
    if (this.#at + 1 > this.#bytes.length) this.#grow(1);
    return ++this.#at;
  }

  /** Writes the length of what was written since {@link open}; moves it where one byte is too few for the length. */
  close(start: number): void {
    const length = this.#at - start;
    if (length < 128) {
      this.#bytes[start - 1] = length;
      return;
    }
    const more = length < 16_384 ? 1 : length < 2_097_152 ? 2 : 3;
    if (this.#at + more > this.#bytes.length) this.#grow(more);
    this.#bytes.copyWithin(start + more, start, this.#at);
    const end = this.#at + more;
    this.#at = start - 1;
    this.uint32(length);
    this.#at = end;
  }

  #grow(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed > MAX_MESSAGE_BYTES) throw new MessageTooLarge();
    const size = Math.min(Math.max(needed, this.#bytes.length * 2), MAX_MESSAGE_BYTES);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** What a hexadecimal digit says, by its character code: bit 6 tells letters of either case from digits, and the low bits of `a` and `A` are 1. */
export function digitOf(code: number): number {
  return (code & 15) + (code >>> 6) * 9;
}
