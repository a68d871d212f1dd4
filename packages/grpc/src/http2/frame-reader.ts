import { FRAME_HEADER } from "./frame.ts";
import { ConnectionError, ErrorCode } from "./http2-error.ts";

/** Takes whole frames. Throws ConnectionError when one breaks the protocol. */
export type OnFrame = (
  type: number,
  flags: number,
  id: number,
  from: Buffer,
  start: number,
  end: number,
) => void;

/**
 * Cuts a byte stream into frames. A frame that lies whole in a chunk is passed without a copy; only one that is split
 * over chunks is put together, in a buffer that grows with what arrives and never by what a length claims.
 */
export class FrameReader {
  readonly #maxFrame: number;
  readonly #onFrame: OnFrame;
  #held: Buffer | undefined;
  #heldLength = 0;
  #stopped = false;

  constructor(maxFrame: number, onFrame: OnFrame) {
    this.#maxFrame = maxFrame;
    this.#onFrame = onFrame;
  }

  /** Nothing more is passed on. */
  stop(): void {
    this.#stopped = true;
    this.#held = undefined;
  }

  push(chunk: Buffer): void {
    let at = this.#heldLength > 0 ? this.#complete(chunk) : 0;
    const { length } = chunk;
    while (length - at >= FRAME_HEADER && !this.#stopped) {
      const end = at + FRAME_HEADER + this.#length(chunk, at);
      if (end > length) break;
      this.#emit(chunk, at, end);
      at = end;
    }
    if (at < length && !this.#stopped) this.#hold(chunk, at, length);
  }

  #length(from: Buffer, at: number): number {
    const length = (from[at]! << 16) | (from[at + 1]! << 8) | from[at + 2]!;
    if (length > this.#maxFrame) {
      throw new ConnectionError(
        ErrorCode.FRAME_SIZE_ERROR,
        `a frame of ${length} bytes, over the ${this.#maxFrame} allowed`,
      );
    }
    return length;
  }

  #emit(from: Buffer, at: number, end: number): void {
    const id = ((from[at + 5]! & 0x7f) << 24) | (from[at + 6]! << 16) | (from[at + 7]! << 8) | from[at + 8]!;
    this.#onFrame(from[at + 3]!, from[at + 4]!, id, from, at + FRAME_HEADER, end);
  }

  /** Completes the held frame from the start of `chunk`; returns where the next frame starts. */
  #complete(chunk: Buffer): number {
    let at = 0;
    if (this.#heldLength < FRAME_HEADER) {
      at = Math.min(FRAME_HEADER - this.#heldLength, chunk.length);
      this.#hold(chunk, 0, at);
      if (this.#heldLength < FRAME_HEADER) return at;
    }
    const whole = FRAME_HEADER + this.#length(this.#held!, 0);
    const taken = Math.min(whole - this.#heldLength, chunk.length - at);
    this.#hold(chunk, at, at + taken);
    if (this.#heldLength < whole) return chunk.length;
    const held = this.#held!;
    this.#held = undefined;
    this.#heldLength = 0;
    this.#emit(held, 0, whole);
    return at + taken;
  }

  #hold(chunk: Buffer, start: number, end: number): void {
    const needed = this.#heldLength + end - start;
    if (this.#held === undefined || this.#held.length < needed) {
      const larger = Buffer.allocUnsafeSlow(
        Math.max(needed, Math.min(this.#heldLength * 2, this.#maxFrame + FRAME_HEADER), 64),
      );
      this.#held?.copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#heldLength, start, end);
    this.#heldLength = needed;
  }
}
