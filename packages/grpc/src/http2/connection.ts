import { HpackDecoder } from "../hpack/decoder.ts";
import { HpackError } from "../hpack/hpack-error.ts";
import type { Socket } from "node:net";
import { ConnectionBase } from "./connection-base.ts";
import { FrameReader } from "./frame-reader.ts";
import { Flag, FrameType, uint32, writeFrameHeader } from "./frame.ts";
import { HeaderBlock } from "./header-block.ts";
import { ConnectionError, ErrorCode } from "./http2-error.ts";
import type { Limits } from "./limits.ts";
import { readSettings, Setting } from "./settings.ts";
import type { Stream } from "./stream.ts";

/** What one useful DATA frame explains of PING and WINDOW_UPDATE frames around it. */
const CONTROLS_PER_MESSAGE = 4;

/** An HTTP/2 connection (RFC 9113) as gRPC needs it: what client and server do with the frames of the peer. */
export abstract class Connection<S extends Stream> extends ConnectionBase<S> {
  protected readonly reader: FrameReader;
  readonly #decoder: HpackDecoder;
  readonly #block: HeaderBlock;
  #settingsSeen = false;

  constructor(socket: Socket, limits: Limits) {
    super(socket, limits);
    this.#decoder = new HpackDecoder(limits.headerTableBytes, limits.maxHeaderListBytes);
    this.#block = new HeaderBlock(limits);
    this.reader = new FrameReader(limits.maxFrameBytes, (type, flags, id, from, start, end) =>
      this.#onFrame(type, flags, id, from, start, end),
    );
    socket.on("data", (chunk: Buffer) => this.onChunk(chunk));
  }

  /** Bytes of the peer. */
  protected onChunk(chunk: Buffer): void {
    try {
      this.reader.push(chunk);
    } catch (error) {
      if (error instanceof ConnectionError) this.abort(error.code, error.message);
      else if (error instanceof HpackError) this.abort(ErrorCode.COMPRESSION_ERROR, error.message);
      else this.abort(ErrorCode.INTERNAL_ERROR, error instanceof Error ? error.message : String(error));
    }
    this.pauseIfQueueIsLong();
  }

  protected override stopReading(): void {
    this.reader.stop();
  }

  protected abstract onPeerSettings(): void;
  protected abstract onPingAck(from: Buffer, start: number): void;
  protected abstract onGoaway(lastId: number, code: number, reason: string): void;
  /** A header block on a stream that is not open. */
  protected abstract onNewHeaders(
    id: number,
    fields: readonly string[],
    count: number,
    ends: boolean,
    fault: HeaderFault,
  ): void;
  /** True for a stream that has not been used yet. */
  protected abstract isIdle(id: number): boolean;

  #onFrame(type: number, flags: number, id: number, from: Buffer, start: number, end: number): void {
    if (this.#block.open && type !== FrameType.CONTINUATION)
      throw protocolError("a frame inside a header block");
    if (!this.#settingsSeen && type !== FrameType.SETTINGS)
      throw protocolError("the first frame is not SETTINGS");
    switch (type) {
      case FrameType.DATA:
        return this.#onData(flags, id, from, start, end);
      case FrameType.HEADERS:
        if (id === 0) throw protocolError("HEADERS on stream 0");
        return this.#onBlock(this.#block.headers(flags, id, from, start, end));
      case FrameType.CONTINUATION:
        return this.#onBlock(this.#block.continuation(flags, id, from, start, end));
      case FrameType.RST_STREAM:
        return this.#onReset(id, from, start, end);
      case FrameType.SETTINGS:
        return this.#onSettings(flags, id, from, start, end);
      case FrameType.PING:
        return this.#onPing(flags, id, from, start, end);
      case FrameType.GOAWAY:
        if (id !== 0) throw protocolError("GOAWAY on a stream");
        if (end - start < 8) throw sizeError("GOAWAY");
        return this.onGoaway(
          uint32(from, start) & 0x7fff_ffff,
          uint32(from, start + 4),
          from.toString("latin1", start + 8, Math.min(end, start + 264)),
        );
      case FrameType.WINDOW_UPDATE:
        return this.#onWindowUpdate(id, from, start, end);
      case FrameType.PUSH_PROMISE:
        throw protocolError("PUSH_PROMISE, which nobody allowed");
      case FrameType.PRIORITY:
        return this.#onPriority(id, from, start, end);
      default:
        this.spendControl();
    }
  }

  #onData(flags: number, id: number, from: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError("DATA on stream 0");
    const size = end - start;
    if (!this.countReceived(size))
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "DATA over the connection's window");
    if ((flags & Flag.PADDED) !== 0) {
      if (size === 0) throw sizeError("padded DATA");
      end -= from[start++]!;
      if (end < start) throw protocolError("more padding than DATA");
    }
    const stream = this.streams.get(id);
    if (stream === undefined) return this.#onDataOfClosed(id);
    if (stream.remoteEnded)
      return this.resetByPeersFault(stream, ErrorCode.STREAM_CLOSED, "DATA after END_STREAM");
    stream.receiveWindow -= size;
    if (stream.receiveWindow < 0)
      return this.resetByPeersFault(stream, ErrorCode.FLOW_CONTROL_ERROR, "DATA over the stream's window");
    stream.unreturned += size;
    const ends = (flags & Flag.END_STREAM) !== 0;
    if (ends) stream.remoteEnded = true;
    if (end > start) {
      this.controls.earn(CONTROLS_PER_MESSAGE);
      stream.onData(from, start, end);
    } else if (!ends) this.spendControl();
    if (ends && !stream.closed) {
      stream.onEnd();
      this.settle(stream);
    }
  }

  #onDataOfClosed(id: number): void {
    if (this.isIdle(id)) throw protocolError("DATA on an idle stream");
    this.spendControl();
    if (!this.wasReset(id)) this.writeReset(id, ErrorCode.STREAM_CLOSED);
  }

  #onBlock(complete: boolean): void {
    if (!complete) return;
    const block = this.#block;
    const count = this.#decoder.decode(block.from, block.start, block.end);
    const { fields } = this.#decoder;
    const { id, ends } = block;
    block.drop();
    const { malformed, tooLarge } = this.#decoder;
    const stream = this.streams.get(id);
    if (block.dependsOnItself) {
      if (stream !== undefined)
        return this.resetByPeersFault(stream, ErrorCode.PROTOCOL_ERROR, "depends on itself");
      return this.onNewHeaders(id, fields, count, ends, "malformed");
    }
    if (stream === undefined) {
      if (this.wasReset(id)) return;
      return this.onNewHeaders(
        id,
        fields,
        count,
        ends,
        malformed ? "malformed" : tooLarge ? "too large" : undefined,
      );
    }
    if (stream.remoteEnded)
      return this.resetByPeersFault(stream, ErrorCode.STREAM_CLOSED, "HEADERS after END_STREAM");
    if (malformed)
      return this.resetByPeersFault(stream, ErrorCode.PROTOCOL_ERROR, "a malformed header field");
    if (tooLarge)
      return this.resetByPeersFault(stream, ErrorCode.ENHANCE_YOUR_CALM, "the header list is too large");
    if (ends) stream.remoteEnded = true;
    stream.onHeaders(fields, count, ends);
    if (ends && !stream.closed) {
      stream.onEnd();
      this.settle(stream);
    }
  }

  #onReset(id: number, from: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError("RST_STREAM on stream 0");
    if (end - start !== 4) throw sizeError("RST_STREAM");
    if (this.isIdle(id)) throw protocolError("RST_STREAM on an idle stream");
    this.spendReset();
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    this.remove(stream);
    stream.onGone(uint32(from, start), "the peer reset the call");
  }

  #onSettings(flags: number, id: number, from: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolError("SETTINGS on a stream");
    if ((flags & Flag.ACK) !== 0) {
      if (end > start) throw sizeError("an acknowledgement of SETTINGS");
      return;
    }
    if (this.#settingsSeen) this.spendControl();
    this.#settingsSeen = true;
    readSettings(from, start, end, (setting, value) => this.#onSetting(setting, value));
    writeFrameHeader(this.sender.out, 0, FrameType.SETTINGS, Flag.ACK, 0);
    this.sender.schedule();
    this.sender.pump();
    this.onPeerSettings();
  }

  #onSetting(setting: number, value: number): void {
    const { sender } = this;
    if (setting === Setting.HEADER_TABLE_SIZE) sender.encoder.setPeerTableSize(value);
    else if (setting === Setting.MAX_CONCURRENT_STREAMS) this.peerMaxStreams = value;
    else if (setting === Setting.MAX_FRAME_SIZE) sender.maxFrame = value;
    else if (setting === Setting.INITIAL_WINDOW_SIZE) {
      const change = value - sender.initialWindow;
      sender.initialWindow = value;
      this.streams.forEach((stream) => {
        stream.sendWindow += change;
        if (stream.sendWindow > 0x7fff_ffff)
          throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window over 2^31-1");
      });
    }
  }

  #onPing(flags: number, id: number, from: Buffer, start: number, end: number): void {
    if (id !== 0) throw protocolError("PING on a stream");
    if (end - start !== 8) throw sizeError("PING");
    if ((flags & Flag.ACK) !== 0) return this.onPingAck(from, start);
    this.spendControl();
    const { out } = this.sender;
    writeFrameHeader(out, 8, FrameType.PING, Flag.ACK, 0);
    out.raw(from.subarray(start, end));
    this.sender.schedule();
  }

  #onWindowUpdate(id: number, from: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw sizeError("WINDOW_UPDATE");
    const bytes = uint32(from, start) & 0x7fff_ffff;
    this.spendControl();
    if (id === 0) {
      if (bytes === 0) throw protocolError("WINDOW_UPDATE of 0");
      if (!this.sender.grow(undefined, bytes))
        throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window over 2^31-1");
      return;
    }
    if (this.isIdle(id)) throw protocolError("WINDOW_UPDATE on an idle stream");
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    if (bytes === 0) this.resetByPeersFault(stream, ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
    else if (!this.sender.grow(stream, bytes))
      this.resetByPeersFault(stream, ErrorCode.FLOW_CONTROL_ERROR, "a window over 2^31-1");
  }

  /** Priorities are deprecated (RFC 9113, section 5.3) and do nothing; only their form is checked. */
  #onPriority(id: number, from: Buffer, start: number, end: number): void {
    if (id === 0) throw protocolError("PRIORITY on stream 0");
    this.spendControl();
    const stream = this.streams.get(id);
    if (end - start !== 5) this.#refuse(id, stream, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY of a wrong size");
    else if ((uint32(from, start) & 0x7fff_ffff) === id)
      this.#refuse(id, stream, ErrorCode.PROTOCOL_ERROR, "depends on itself");
  }

  #refuse(id: number, stream: S | undefined, code: number, reason: string): void {
    if (stream !== undefined) this.resetByPeersFault(stream, code, reason);
    else this.writeReset(id, code);
  }
}

/** Why a header block cannot be used. */
export type HeaderFault = "malformed" | "too large" | undefined;

function protocolError(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.PROTOCOL_ERROR, message);
}

function sizeError(frame: string): ConnectionError {
  return new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, `${frame} of a wrong size`);
}
