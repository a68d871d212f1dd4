declare global {
  // Methods of Node's Buffer that its types leave out: what toString and write call after looking at the encoding.
  interface Buffer<TArrayBuffer extends ArrayBufferLike = ArrayBufferLike> {
    latin1Slice(start: number, end: number): string;
    utf8Slice(start: number, end: number): string;
    latin1Write(text: string, at: number, length: number): number;
    utf8Write(text: string, at: number, length: number): number;
  }
}

const CHUNK = 32 * 1024;
const POOLED = 32;
/** A longer string is written faster by native code than by a loop. */
const SHORT = 8;
const EMPTY = Buffer.alloc(0);
const pool: Buffer[] = [];

/**
 * Bytes that wait to be written: a buffer that grows, written at `pos`. Codecs write messages straight into it.
 * Every method makes the room that it needs; code that writes `buf` itself calls `reserve` first and must read `buf`
 * again afterwards, because it may have been replaced.
 */
export class Output {
  buf: Buffer = EMPTY;
  pos = 0;

  /** Makes room for `bytes` more after `pos`. */
  reserve(bytes: number): void {
    if (this.pos + bytes > this.buf.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const needed = this.pos + bytes;
    const larger =
      needed <= CHUNK
        ? (pool.pop() ?? Buffer.allocUnsafeSlow(CHUNK))
        : Buffer.allocUnsafeSlow(Math.max(needed, this.buf.length * 2));
    if (this.pos > 0) this.buf.copy(larger, 0, 0, this.pos);
    this.buf = larger;
  }

  /** Takes what was written; the caller owns the buffer until it gives it to `recycle`. */
  take(): Buffer {
    const taken = this.buf.subarray(0, this.pos);
    this.pos = 0;
    return taken;
  }

  /** After `take`: true when nobody reads the taken bytes any more, so that the buffer may be used again. */
  release(reusable: boolean): void {
    const { buf } = this;
    this.buf = EMPTY;
    if (reusable && buf.length === CHUNK && pool.length < POOLED) pool.push(buf);
  }

  byte(value: number): void {
    if (this.pos >= this.buf.length) this.#grow(1);
    this.buf[this.pos++] = value;
  }

  /** Raw bytes. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.pos + length > this.buf.length) this.#grow(length);
    this.buf.set(bytes, this.pos);
    this.pos += length;
  }

  /** An unsigned 32-bit number as a base 128 varint. */
  varint(value: number): void {
    if (this.pos + 5 > this.buf.length) this.#grow(5);
    const { buf } = this;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      buf[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buf[this.pos++] = rest;
  }

  /** A string of characters below 256, one byte each. */
  latin1(value: string): void {
    const { length } = value;
    if (this.pos + length > this.buf.length) this.#grow(length);
    if (length > SHORT) {
      this.buf.latin1Write(value, this.pos, length);
      this.pos += length;
      return;
    }
    const { buf } = this;
    for (let at = 0; at < length; at++) buf[this.pos++] = value.charCodeAt(at);
  }

  /** A string in UTF-8 behind its length in bytes as a varint. */
  string(value: string): void {
    const { length } = value;
    const most = length * 3 + 5;
    if (this.pos + most > this.buf.length) this.#grow(most);
    const { buf } = this;
    if (length <= SHORT) {
      const at = this.pos;
      buf[at] = length;
      let i = 0;
      for (; i < length; i++) {
        const c = value.charCodeAt(i);
        if (c > 0x7f) break;
        buf[at + 1 + i] = c;
      }
      if (i === length) {
        this.pos = at + 1 + length;
        return;
      }
    }
    // The length takes as many bytes for the shortest encoding as for the longest, or it is moved afterwards.
    const guess = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : 4;
    const start = this.pos + guess;
    const written = buf.utf8Write(value, start, buf.length - start);
    const size =
      written < 0x80 ? 1 : written < 0x4000 ? 2 : written < 0x200000 ? 3 : written < 0x10000000 ? 4 : 5;
    if (size !== guess) buf.copyWithin(this.pos + size, start, start + written);
    this.varint(written);
    this.pos += written;
  }
}
