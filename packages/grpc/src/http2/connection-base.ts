import type { Socket } from "node:net";
import { Allowance } from "./allowance.ts";
import { Deadlines } from "./deadlines.ts";
import { FrameType, putUint32, writeFrameHeader } from "./frame.ts";
import { ConnectionError, ErrorCode } from "./http2-error.ts";
import type { Limits } from "./limits.ts";
import { Sender } from "./sender.ts";
import { Setting, writeSettings } from "./settings.ts";
import { StreamTable } from "./stream-table.ts";
import { CONNECTION_LOST, type Stream } from "./stream.ts";

/** Time for the peer to read why it is cut off. */
const LINGER_MS = 1000;
/** Streams that we reset and on which the peer, not knowing yet, may still send. */
const REMEMBERED_RESETS = 256;

/** The streams of a connection and how it ends: everything that does not depend on a frame of the peer. */
export abstract class ConnectionBase<S extends Stream> {
  readonly socket: Socket;
  readonly limits: Limits;
  readonly sender: Sender;
  readonly streams = new StreamTable<S>();
  readonly deadlines: Deadlines;
  peerMaxStreams = Infinity;
  closed = false;
  /** Bytes of messages that are unfinished or unread. */
  heldBytes = 0;
  protected readonly controls: Allowance;
  protected readonly resets: Allowance;
  #receiveWindow: number;
  #unreturned = 0;
  #wasReset: Set<number> | undefined;
  #stall: NodeJS.Timeout | undefined;
  #paused = false;

  constructor(socket: Socket, limits: Limits) {
    this.socket = socket;
    this.limits = limits;
    this.sender = new Sender(socket);
    this.sender.onBlocked = () => this.#watchStall();
    this.deadlines = new Deadlines(this.streams);
    this.controls = new Allowance(limits.controlBurst, limits.controlsPerSecond);
    this.resets = new Allowance(limits.resetBurst, limits.resetsPerSecond);
    this.#receiveWindow = limits.connectionWindowBytes;
    socket.on("error", (error) => this.lose(`the connection broke: ${error.message}`));
    socket.on("end", () => this.lose("the peer closed the connection"));
    socket.on("close", () => this.lose("the connection was closed"));
    socket.on("drain", () => this.#resume());
  }

  /** The connection is gone; called once, after all its streams heard of it. */
  protected abstract onLost(reason: string): void;
  protected abstract onRemoved(stream: S): void;
  protected abstract stopReading(): void;
  /** The largest stream id of the peer that we took, for GOAWAY. */
  protected abstract lastPeerId(): number;

  /** Sends our SETTINGS and opens the connection's receive window. */
  protected open(settings: readonly (readonly [id: number, value: number])[]): void {
    const { limits } = this;
    writeSettings(this.sender.out, [
      ...settings,
      [Setting.HEADER_TABLE_SIZE, limits.headerTableBytes],
      [Setting.INITIAL_WINDOW_SIZE, limits.streamWindowBytes],
      [Setting.MAX_FRAME_SIZE, limits.maxFrameBytes],
      [Setting.MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes],
    ]);
    if (limits.connectionWindowBytes > 65_535)
      this.#writeWindowUpdate(0, limits.connectionWindowBytes - 65_535);
    this.sender.schedule();
  }

  protected addStream(stream: S): void {
    stream.sendWindow = this.sender.initialWindow;
    stream.receiveWindow = this.limits.streamWindowBytes;
    this.streams.add(stream);
  }

  /** Removes a stream that has ended on both sides. */
  settle(stream: S): void {
    if (stream.localEnded && stream.remoteEnded && !stream.closed) this.remove(stream);
  }

  remove(stream: S): void {
    if (stream.closed) return;
    stream.closed = true;
    this.streams.delete(stream.id);
    this.sender.forget(stream);
    this.onRemoved(stream);
  }

  /** Ends a stream with RST_STREAM. The caller tells whoever waits for it. */
  reset(stream: S, code: number): void {
    if (stream.closed) return;
    const remembered = !stream.remoteEnded;
    this.remove(stream);
    if (remembered) this.#remember(stream.id);
    this.writeReset(stream.id, code);
  }

  /** The same for a stream on which the peer broke a rule, which counts as its reset (CVE-2025-8671). */
  resetByPeersFault(stream: S, code: number, reason: string): void {
    this.reset(stream, code);
    stream.onGone(code, reason);
    this.spendReset();
  }

  writeReset(id: number, code: number): void {
    this.#writeUint32(FrameType.RST_STREAM, id, code);
  }

  wasReset(id: number): boolean {
    return this.#wasReset !== undefined && this.#wasReset.has(id);
  }

  #remember(id: number): void {
    const ids = (this.#wasReset ??= new Set());
    ids.add(id);
    if (ids.size > REMEMBERED_RESETS) for (const oldest of ids) return void ids.delete(oldest);
  }

  protected spendControl(): void {
    if (this.controls.spend()) return;
    throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings");
  }

  protected spendReset(): void {
    if (!this.resets.spend()) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "too many resets");
  }

  /** Counts DATA against the connection's window; false when the peer sent more than it may. */
  protected countReceived(bytes: number): boolean {
    this.#receiveWindow -= bytes;
    if (this.#receiveWindow < 0) return false;
    this.#unreturned += bytes;
    if (this.#unreturned * 2 >= this.limits.connectionWindowBytes) {
      this.#writeWindowUpdate(0, this.#unreturned);
      this.#receiveWindow += this.#unreturned;
      this.#unreturned = 0;
    }
    return true;
  }

  /** Gives the peer back the window of what was taken from `stream`, in large steps. */
  returnWindow(stream: S): void {
    if (stream.unreturned * 2 < this.limits.streamWindowBytes || stream.remoteEnded || stream.closed) return;
    const bytes = stream.unreturned - stream.unreadBytes;
    if (bytes * 2 < this.limits.streamWindowBytes) return;
    this.#writeWindowUpdate(stream.id, bytes);
    stream.receiveWindow += bytes;
    stream.unreturned -= bytes;
  }

  #writeWindowUpdate(id: number, bytes: number): void {
    this.#writeUint32(FrameType.WINDOW_UPDATE, id, bytes);
  }

  #writeUint32(type: number, id: number, value: number): void {
    const { out } = this.sender;
    writeFrameHeader(out, 4, type, 0, id);
    putUint32(out.buf, out.pos, value);
    out.pos += 4;
    this.sender.schedule();
  }

  protected writePing(payload: Uint8Array): void {
    const { out } = this.sender;
    writeFrameHeader(out, 8, FrameType.PING, 0, 0);
    out.raw(payload);
    this.sender.schedule();
  }

  protected writeGoaway(lastId: number, code: number, reason: string): void {
    const { out } = this.sender;
    const text = Buffer.from(reason.slice(0, 200));
    writeFrameHeader(out, 8 + text.length, FrameType.GOAWAY, 0, 0);
    putUint32(out.buf, out.pos, lastId);
    putUint32(out.buf, out.pos + 4, code);
    out.pos += 8;
    out.raw(text);
    this.sender.schedule();
  }

  /** Ends the connection: GOAWAY with `code`, and every open call fails with `reason`. */
  abort(code: number, reason: string): void {
    if (this.closed) return;
    this.writeGoaway(this.lastPeerId(), code, reason);
    this.sender.flush();
    this.socket.end();
    // Unread input would turn the close into a TCP reset, which can overtake the GOAWAY.
    this.socket.resume();
    this.lose(reason);
  }

  /** The connection is lost, or not wanted any more: fails the open calls and lets go of the socket. */
  lose(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.stopReading();
    this.deadlines.clear();
    clearTimeout(this.#stall);
    const streams: S[] = [];
    this.streams.forEach((stream) => streams.push(stream));
    for (const stream of streams) {
      this.remove(stream);
      stream.onGone(CONNECTION_LOST, reason);
    }
    this.sender.close();
    if (this.socket.writableEnded) {
      const linger = setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
      this.socket.once("close", () => clearTimeout(linger));
    } else this.socket.destroy();
    this.onLost(reason);
  }

  /** Closes the socket once everything has been written. */
  protected finish(reason: string): void {
    this.sender.flush();
    this.socket.end();
    this.lose(reason);
  }

  /** A peer that sends and does not read must not make us keep its answers. */
  protected pauseIfQueueIsLong(): void {
    if (this.#paused || this.closed || this.sender.queuedBytes <= this.limits.maxQueuedBytes) return;
    this.#paused = true;
    this.socket.pause();
    this.#watchStall();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  #watchStall(): void {
    if (this.#stall !== undefined || this.closed) return;
    const before = this.sender.progress;
    const { stallTimeoutMs } = this.limits;
    this.#stall = setTimeout(() => {
      this.#stall = undefined;
      const { sender } = this;
      const socketWaits = sender.congested || this.#paused;
      if (this.closed || (!socketWaits && sender.blocked.size === 0)) return;
      if (socketWaits && sender.progress === before) return this.lose("the peer does not read");
      const since = performance.now() - stallTimeoutMs;
      for (const stream of sender.blocked) if (stream.parkedSince <= since) this.onStalled(stream as S);
      this.#watchStall();
    }, stallTimeoutMs).unref();
  }

  /** The peer opened no window for `stream` through the whole stall time. */
  protected onStalled(stream: S): void {
    this.reset(stream, ErrorCode.CANCEL);
    stream.onGone(ErrorCode.CANCEL, "the peer opens no window");
  }
}
