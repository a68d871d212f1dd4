import type { Socket } from "node:net";
import { HpackEncoder } from "../hpack/encoder.ts";
import { DEFAULT_MAX_FRAME, Flag, FRAME_HEADER, FrameType, MAX_WINDOW, putFrameHeader } from "./frame.ts";
import { Output } from "./output.ts";
import type { Stream } from "./stream.ts";

/** Bytes in the socket past which DATA waits here, where it can still be cancelled. */
const HIGH_WATER = 256 * 1024;
/** The buffer is written at this size although more of the turn may come. */
const LARGE_BATCH = 64 * 1024;
/** At least this many calls go into one write where as many are ready. */
const SMALLEST_BATCH = 24;

/** Everything that one connection sends: batches the writes, and holds DATA back for flow control. */
export class Sender {
  readonly out = new Output();
  readonly encoder = new HpackEncoder();
  /** The connection's window, and what the peer's SETTINGS say. */
  window = 65_535;
  initialWindow = 65_535;
  maxFrame = DEFAULT_MAX_FRAME;
  /** The socket does not keep up: DATA is parked until it drains. */
  congested = false;
  readonly blocked = new Set<Stream>();
  /** Grows with everything that leaves; a watchdog compares it. */
  progress = 0;
  onBlocked: (() => void) | undefined;
  readonly #socket: Socket;
  #scheduled = false;
  #batched = 0;
  /** Messages in the write before; it says whether calls come alone. */
  #lastBatch = 2;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => this.#onDrain());
  }

  /** Writes what is ready at the end of this turn of the event loop. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(flushLater, this);
  }

  /**
   * A message was written. One write per turn would make both sides take turns: a share of what is open goes out
   * early, so that the peer works while we do.
   */
  batch(open: number): void {
    this.#batched++;
    if (this.#batched >= Math.max(SMALLEST_BATCH, open >> 2) || this.out.pos >= LARGE_BATCH) this.flush();
    else this.schedule();
  }

  /** A whole call, or its reply, was written. One that is alone, as the one before it was, waits for no other. */
  batchCall(open: number): void {
    if (open > 1 || this.#lastBatch > 1 || this.#scheduled) return this.batch(open);
    this.#batched++;
    this.flush();
    // What follows in this turn was not alone after all.
    this.schedule();
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#batched > 0) this.#lastBatch = this.#batched;
    this.#batched = 0;
    const { out } = this;
    if (out.pos === 0 || this.#closed) return;
    const socket = this.#socket;
    socket.write(out.take());
    const queued = socket.writableLength;
    out.release(queued === 0);
    this.progress++;
    if (queued > HIGH_WATER) {
      this.congested = true;
      this.onBlocked?.();
    }
  }

  get queuedBytes(): number {
    return this.#socket.writableLength + this.out.pos;
  }

  /** Nothing more is written. */
  close(): void {
    this.#closed = true;
    this.blocked.clear();
    this.out.take();
    this.out.release(true);
  }

  /** Starts a HEADERS frame; returns where, for `endHeaders`. */
  beginHeaders(): number {
    this.out.reserve(64);
    const at = this.out.pos;
    this.out.pos = at + FRAME_HEADER;
    this.encoder.begin(this.out);
    return at;
  }

  /** Completes the frame of `beginHeaders`, with CONTINUATION frames where the peer's frames are smaller. */
  endHeaders(at: number, id: number, ends: boolean): void {
    const { out } = this;
    const length = out.pos - at - FRAME_HEADER;
    const flags = ends ? Flag.END_STREAM : 0;
    if (length <= this.maxFrame) {
      putFrameHeader(out.buf, at, length, FrameType.HEADERS, flags | Flag.END_HEADERS, id);
      return;
    }
    const block = Buffer.from(out.buf.subarray(at + FRAME_HEADER, out.pos));
    out.pos = at;
    for (let from = 0; from < length; from += this.maxFrame) {
      const size = Math.min(this.maxFrame, length - from);
      out.reserve(FRAME_HEADER + size);
      const last = from + size === length ? Flag.END_HEADERS : 0;
      if (from === 0) putFrameHeader(out.buf, out.pos, size, FrameType.HEADERS, flags | last, id);
      else putFrameHeader(out.buf, out.pos, size, FrameType.CONTINUATION, last, id);
      out.pos += FRAME_HEADER;
      out.raw(block.subarray(from, from + size));
    }
  }

  /** Starts a DATA frame: the payload is written to `out` behind the place that this leaves for the header. */
  beginData(room: number): number {
    this.out.reserve(FRAME_HEADER + room);
    const at = this.out.pos;
    this.out.pos = at + FRAME_HEADER;
    return at;
  }

  /**
   * Completes the DATA that `beginData` started. True when it is on its way, false when some of it was parked; then
   * nothing else may be sent on this stream until its `onUnparked`.
   */
  endData(at: number, stream: Stream, ends: boolean): boolean {
    const { out } = this;
    const length = out.pos - at - FRAME_HEADER;
    if (length <= this.window && length <= stream.sendWindow && !this.congested) {
      this.window -= length;
      stream.sendWindow -= length;
      if (ends) stream.localEnded = true;
      if (length > this.maxFrame) this.#split(at, length, stream.id, ends);
      else putFrameHeader(out.buf, at, length, FrameType.DATA, ends ? Flag.END_STREAM : 0, stream.id);
      return true;
    }
    stream.parked = Buffer.from(out.buf.subarray(at + FRAME_HEADER, out.pos));
    stream.parkedAt = 0;
    stream.parkedSince = performance.now();
    stream.parkedEnds = ends;
    out.pos = at;
    if (this.#send(stream)) return true;
    this.blocked.add(stream);
    this.onBlocked?.();
    return false;
  }

  /** Makes frames of a payload that is too long for one, where it lies: its parts move right to make room for headers. */
  #split(at: number, length: number, id: number, ends: boolean): void {
    const { out, maxFrame } = this;
    const frames = Math.ceil(length / maxFrame);
    out.reserve((frames - 1) * FRAME_HEADER);
    const { buf } = out;
    for (let n = frames - 1; n >= 0; n--) {
      const from = at + FRAME_HEADER + n * maxFrame;
      const size = Math.min(maxFrame, length - n * maxFrame);
      const to = from + n * FRAME_HEADER;
      if (n > 0) buf.copyWithin(to, from, from + size);
      const flags = ends && n === frames - 1 ? Flag.END_STREAM : 0;
      putFrameHeader(buf, to - FRAME_HEADER, size, FrameType.DATA, flags, id);
    }
    out.pos += (frames - 1) * FRAME_HEADER;
  }

  /** An empty DATA frame with END_STREAM. */
  sendEnd(stream: Stream): void {
    const { out } = this;
    out.reserve(FRAME_HEADER);
    putFrameHeader(out.buf, out.pos, 0, FrameType.DATA, Flag.END_STREAM, stream.id);
    out.pos += FRAME_HEADER;
    stream.localEnded = true;
    this.schedule();
  }

  /** Sends as much of the parked DATA as the windows and the socket allow; true when all has left. */
  #send(stream: Stream): boolean {
    while (this.#sendFrame(stream)) if (stream.parked === undefined) return true;
    return false;
  }

  /** One frame of it; false when it cannot be sent now. */
  #sendFrame(stream: Stream): boolean {
    const parked = stream.parked!;
    const left = parked.length - stream.parkedAt;
    const size = Math.min(left, this.maxFrame, this.window, stream.sendWindow);
    if (this.congested || (size <= 0 && left > 0)) return false;
    const { out } = this;
    const last = size === left;
    const ends = last && stream.parkedEnds;
    out.reserve(FRAME_HEADER + size);
    putFrameHeader(out.buf, out.pos, size, FrameType.DATA, ends ? Flag.END_STREAM : 0, stream.id);
    out.pos += FRAME_HEADER;
    out.raw(parked.subarray(stream.parkedAt, stream.parkedAt + size));
    this.window -= size;
    stream.sendWindow -= size;
    stream.parkedAt += size;
    stream.parkedSince = performance.now();
    if (last) {
      stream.parked = undefined;
      if (ends) stream.localEnded = true;
    }
    if (out.pos >= LARGE_BATCH) this.flush();
    else this.schedule();
    return true;
  }

  /** The windows or the socket have room again: one frame of each waiting stream in turn. */
  pump(): void {
    let sent = true;
    while (sent && this.blocked.size > 0 && !this.congested) {
      sent = false;
      for (const stream of this.blocked) {
        if (this.congested) break;
        if (!this.#sendFrame(stream)) continue;
        sent = true;
        if (stream.parked === undefined) {
          this.blocked.delete(stream);
          stream.onUnparked();
        }
      }
    }
  }

  /** A stream is gone: what it still had to send is dropped. */
  forget(stream: Stream): void {
    if (stream.parked === undefined) return;
    stream.parked = undefined;
    this.blocked.delete(stream);
  }

  /** WINDOW_UPDATE; false when the window would pass 2^31-1. */
  grow(stream: Stream | undefined, bytes: number): boolean {
    if (stream === undefined) {
      this.window += bytes;
      if (this.window > MAX_WINDOW) return false;
    } else {
      stream.sendWindow += bytes;
      if (stream.sendWindow > MAX_WINDOW) return false;
    }
    if (this.blocked.size > 0) this.pump();
    return true;
  }

  #onDrain(): void {
    this.congested = false;
    this.progress++;
    this.pump();
  }
}

function flushLater(sender: Sender): void {
  sender.flush();
}
