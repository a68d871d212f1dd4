import { gunzipSync, gzipSync } from "node:zlib";
import { FRAME_HEADER, putUint32, uint32 } from "../http2/frame.ts";
import type { Sender } from "../http2/sender.ts";
import type { Stream } from "../http2/stream.ts";
import type { Codec } from "../codec/codec.ts";
import { GrpcError } from "./grpc-error.ts";
import { Status } from "./status.ts";

/** Compressed flag and length before every message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export const MESSAGE_PREFIX = 5;
/** Smaller messages gain nothing from compression. */
const WORTH_COMPRESSING = 1024;

/**
 * Encodes `value` behind its prefix straight into the output, as DATA of `stream`. False when it was parked: then wait
 * for the stream's `onUnparked`. Throws GrpcError when it cannot be encoded or is too large; nothing was sent then.
 */
export function writeMessage<T>(
  sender: Sender,
  stream: Stream,
  codec: Codec<T>,
  value: T,
  ends: boolean,
  gzip: boolean,
  maxBytes: number,
): boolean {
  const { out } = sender;
  const at = sender.beginData(MESSAGE_PREFIX + 128);
  const start = at + FRAME_HEADER + MESSAGE_PREFIX;
  out.pos = start;
  try {
    codec.encode(value, out);
  } catch (error) {
    out.pos = at;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GrpcError(Status.INTERNAL, `the message cannot be encoded: ${reason}`, { cause: error });
  }
  if (out.pos - start > maxBytes) {
    const bytes = out.pos - start;
    out.pos = at;
    throw new GrpcError(
      Status.RESOURCE_EXHAUSTED,
      `the message has ${bytes} bytes, over the ${maxBytes} that may be sent`,
    );
  }
  let flag = 0;
  if (gzip && out.pos - start >= WORTH_COMPRESSING) {
    const packed = gzipSync(out.buf.subarray(start, out.pos));
    out.pos = start;
    out.raw(packed);
    flag = 1;
  }
  out.buf[start - MESSAGE_PREFIX] = flag;
  putUint32(out.buf, start - MESSAGE_PREFIX + 1, out.pos - start);
  return sender.endData(at, stream, ends);
}

/** The bytes of a message whose compressed flag is set. */
export function decompress(
  from: Buffer,
  start: number,
  end: number,
  encoding: string | undefined,
  maxBytes: number,
): Buffer {
  if (encoding === undefined || encoding === "identity") {
    throw new GrpcError(Status.INTERNAL, "a message is compressed, but grpc-encoding does not say how");
  }
  if (encoding !== "gzip")
    throw new GrpcError(Status.UNIMPLEMENTED, `grpc-encoding "${encoding}" is not supported, only gzip`);
  try {
    return gunzipSync(from.subarray(start, end), { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw new GrpcError(Status.INTERNAL, "a compressed message is broken", { cause: error });
  }
}

export function tooLarge(maxBytes: number): GrpcError {
  return new GrpcError(
    Status.RESOURCE_EXHAUSTED,
    `a message is larger than the ${maxBytes} bytes that may be received`,
  );
}

/** Puts messages together that are split over DATA frames, or cut out of one. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #onMessage: (compressed: boolean, from: Buffer, start: number, end: number) => void;
  readonly #hold: (bytes: number) => void;
  #held: Buffer | undefined;
  #length = 0;

  /** `hold` is told how many bytes more, or fewer, are kept; it throws to refuse. */
  constructor(
    maxBytes: number,
    onMessage: (compressed: boolean, from: Buffer, start: number, end: number) => void,
    hold: (bytes: number) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
    this.#hold = hold;
  }

  /** True between messages. */
  get empty(): boolean {
    return this.#length === 0;
  }

  push(from: Buffer, start: number, end: number): void {
    let at = start;
    if (this.#length > 0) at = this.#complete(from, start, end);
    while (end - at >= MESSAGE_PREFIX) {
      const next = at + MESSAGE_PREFIX + messageLength(from, at, this.#maxBytes);
      if (next > end) break;
      this.#onMessage(from[at] === 1, from, at + MESSAGE_PREFIX, next);
      at = next;
    }
    if (at < end) this.#keep(from, at, end);
  }

  /** Drops what is held. */
  drop(): void {
    if (this.#length > 0) this.#hold(-this.#length);
    this.#length = 0;
    this.#held = undefined;
  }

  #complete(from: Buffer, start: number, end: number): number {
    let at = start;
    if (this.#length < MESSAGE_PREFIX) {
      at = Math.min(end, start + MESSAGE_PREFIX - this.#length);
      this.#keep(from, start, at);
      if (this.#length < MESSAGE_PREFIX) return at;
    }
    const whole = MESSAGE_PREFIX + messageLength(this.#held!, 0, this.#maxBytes);
    const upto = Math.min(end, at + whole - this.#length);
    this.#keep(from, at, upto, whole);
    if (this.#length < whole) return end;
    const held = this.#held!;
    this.drop();
    this.#onMessage(held[0] === 1, held, MESSAGE_PREFIX, whole);
    return upto;
  }

  /** The buffer grows with what arrived, at most doubling, and never by what the prefix claims. */
  #keep(from: Buffer, start: number, end: number, whole = 0): void {
    const needed = this.#length + end - start;
    this.#hold(end - start);
    if (this.#held === undefined || this.#held.length < needed) {
      const room = Math.max(needed, Math.min(whole, this.#length * 2), 32);
      const larger = Buffer.allocUnsafeSlow(room);
      this.#held?.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    from.copy(this.#held, this.#length, start, end);
    this.#length = needed;
  }
}

/** The length in the prefix at `at`. Throws GrpcError when it is over the limit, or the flag is none. */
export function messageLength(from: Buffer, at: number, maxBytes: number): number {
  if (from[at]! > 1)
    throw new GrpcError(Status.INTERNAL, "the compressed flag of a message is neither 0 nor 1");
  const length = uint32(from, at + 1);
  if (length > maxBytes) throw tooLarge(maxBytes);
  return length;
}
