import { Flag, uint32 } from "./frame.ts";
import { ConnectionError, ErrorCode } from "./http2-error.ts";
import type { Limits } from "./limits.ts";

const EMPTY = Buffer.alloc(0);

/** A header block on its way: HEADERS and the CONTINUATION frames behind it (RFC 9113, sections 4.3 and 6.2). */
export class HeaderBlock {
  /** True between HEADERS and the frame with END_HEADERS. */
  open = false;
  id = 0;
  ends = false;
  /** A priority that the RFC forbids. */
  dependsOnItself = false;
  from: Buffer = EMPTY;
  start = 0;
  end = 0;
  readonly #maxFrames: number;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(limits: Limits) {
    this.#maxFrames = limits.maxContinuations;
    this.#maxBytes = limits.maxHeaderListBytes;
  }

  /** Takes a HEADERS frame; true when the block is complete: `from[start..end)`. */
  headers(flags: number, id: number, from: Buffer, start: number, end: number): boolean {
    this.id = id;
    this.ends = (flags & Flag.END_STREAM) !== 0;
    this.dependsOnItself = false;
    if ((flags & Flag.PADDED) !== 0) {
      if (start === end)
        throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "padded HEADERS of a wrong size");
      end -= from[start++]!;
    }
    if ((flags & Flag.PRIORITY) !== 0) {
      if (end - start >= 5) this.dependsOnItself = (uint32(from, start) & 0x7fff_ffff) === id;
      start += 5;
    }
    if (end < start) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "more padding than HEADERS");
    if ((flags & Flag.END_HEADERS) !== 0) {
      this.from = from;
      this.start = start;
      this.end = end;
      return true;
    }
    this.open = true;
    this.#parts = [];
    this.#bytes = 0;
    this.#keep(from, start, end);
    return false;
  }

  /** Takes a CONTINUATION frame; true when the block is complete. */
  continuation(flags: number, id: number, from: Buffer, start: number, end: number): boolean {
    if (!this.open || id !== this.id)
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "CONTINUATION without HEADERS");
    if (this.#parts.length > this.#maxFrames) {
      throw new ConnectionError(
        ErrorCode.ENHANCE_YOUR_CALM,
        `more than ${this.#maxFrames} CONTINUATION frames`,
      );
    }
    this.#keep(from, start, end);
    if ((flags & Flag.END_HEADERS) === 0) return false;
    this.open = false;
    this.from = Buffer.concat(this.#parts, this.#bytes);
    this.start = 0;
    this.end = this.#bytes;
    this.#parts = [];
    return true;
  }

  /** Lets go of the bytes. */
  drop(): void {
    this.from = EMPTY;
  }

  #keep(from: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    // What is larger than the list may be cannot be a list that we would take, however well it compresses.
    if (this.#bytes > this.#maxBytes + 4096) {
      throw new ConnectionError(
        ErrorCode.ENHANCE_YOUR_CALM,
        "a header block larger than the header list may be",
      );
    }
    this.#parts.push(Buffer.from(from.subarray(start, end)));
  }
}
