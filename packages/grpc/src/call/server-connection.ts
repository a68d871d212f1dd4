import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { ConstantBlock } from "../hpack/encoder.ts";
import { Connection, type HeaderFault } from "../http2/connection.ts";
import { PREFACE } from "../http2/frame.ts";
import { ConnectionError, ErrorCode } from "../http2/http2-error.ts";
import { Keepalive, type KeepaliveOptions } from "../http2/keepalive.ts";
import type { Limits } from "../http2/limits.ts";
import { Setting } from "../http2/settings.ts";
import { GrpcError } from "./grpc-error.ts";
import { HttpRefusal, httpRefusal } from "./http-refusal.ts";
import { readRequestHead, type RequestHead } from "./request-head.ts";
import type { Registered, ServerHost } from "./hosts.ts";
import type { ServerCall } from "./server-call.ts";
import { ServerStream } from "./server-stream.ts";
import { Status } from "./status.ts";

/** What all connections of a server share. */
export interface ServerContext {
  readonly limits: Limits;
  readonly methods: ReadonlyMap<string, Registered>;
  readonly gzip: boolean;
  readonly keepalive: KeepaliveOptions | undefined;
  readonly onError: (error: unknown, call: ServerCall | undefined) => void;
  readonly onClose: (connection: ServerConnection) => void;
}

const HEAD = [
  [":status", "200"],
  ["content-type", "application/grpc"],
] as const;
/** The last id that can be: before a drain is complete, nothing is refused. */
const LAST_ID = 0x7fff_ffff;
const DRAIN_PING = Buffer.from("draining");
const DRAIN_PING_MS = 1000;

/** One client of a server. */
export class ServerConnection extends Connection<ServerStream | HttpRefusal> implements ServerHost {
  readonly peer: string;
  readonly gzip: boolean;
  /** Handlers that have not settled, also of calls that are gone. */
  running = 0;
  readonly #context: ServerContext;
  readonly #head = new ConstantBlock(HEAD);
  readonly #headGzip = new ConstantBlock([
    ...HEAD,
    ["grpc-encoding", "gzip"],
    ["grpc-accept-encoding", "identity,gzip"],
  ]);
  readonly #ok = new ConstantBlock([["grpc-status", "0"]]);
  readonly #keepalive: Keepalive | undefined;
  #prefaceSeen = 0;
  #lastId = 0;
  #refuseAfter = LAST_ID;
  #draining = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #handshake: NodeJS.Timeout | undefined;

  constructor(socket: Socket, context: ServerContext) {
    super(socket, context.limits);
    this.#context = context;
    this.gzip = context.gzip;
    this.peer = socket.remoteAddress === undefined ? "" : `${socket.remoteAddress}:${socket.remotePort}`;
    this.#handshake = setTimeout(
      () => this.lose("no HTTP/2 handshake in time"),
      context.limits.handshakeTimeoutMs,
    ).unref();
    if (context.keepalive !== undefined) {
      this.#keepalive = new Keepalive(context.keepalive, {
        ping: (payload) => this.writePing(payload),
        lost: () => this.lose("the peer does not answer pings"),
        busy: () => true,
      });
    }
    this.open([[Setting.MAX_CONCURRENT_STREAMS, context.limits.maxConcurrentStreams]]);
  }

  protected override onChunk(chunk: Buffer): void {
    this.#keepalive?.heard();
    if (this.#prefaceSeen === PREFACE.length) return super.onChunk(chunk);
    const upto = Math.min(PREFACE.length - this.#prefaceSeen, chunk.length);
    if (PREFACE.compare(chunk, 0, upto, this.#prefaceSeen, this.#prefaceSeen + upto) !== 0) {
      return this.abort(ErrorCode.PROTOCOL_ERROR, "this is not HTTP/2 with prior knowledge");
    }
    this.#prefaceSeen += upto;
    if (upto < chunk.length) super.onChunk(chunk.subarray(upto));
  }

  peerCertificate(): unknown {
    return this.socket instanceof TLSSocket ? this.socket.getPeerCertificate() : undefined;
  }

  protected override onPeerSettings(): void {
    clearTimeout(this.#handshake);
  }

  protected override onPingAck(from: Buffer, start: number): void {
    if (this.#draining && DRAIN_PING.compare(from, start, start + 8) === 0) this.#refuseNew();
    else this.#keepalive?.heard();
  }

  /** The client is leaving: it opens nothing more, and what is open goes on. */
  protected override onGoaway(): void {
    this.#draining = true;
    this.#closeIfIdle();
  }

  protected override isIdle(id: number): boolean {
    return id % 2 === 0 || id > this.#lastId;
  }

  protected override lastPeerId(): number {
    return this.#lastId;
  }

  protected override onNewHeaders(
    id: number,
    fields: readonly string[],
    count: number,
    ends: boolean,
    fault: HeaderFault,
  ): void {
    if (id % 2 === 0)
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "a client's stream with an even id");
    if (id <= this.#lastId) throw new ConnectionError(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream");
    this.#lastId = id;
    if (id > this.#refuseAfter) return this.writeReset(id, ErrorCode.REFUSED_STREAM);
    const most = this.limits.maxConcurrentStreams;
    if (this.streams.size >= most || this.running >= most) {
      this.writeReset(id, ErrorCode.REFUSED_STREAM);
      return this.spendReset();
    }
    const head =
      fault === "malformed"
        ? undefined
        : fault === "too large"
          ? readRequestHead(TOO_LARGE, TOO_LARGE.length)
          : readRequestHead(fields, count);
    if (head === undefined || (ends && head.contentLength > 0)) {
      this.writeReset(id, ErrorCode.PROTOCOL_ERROR);
      return this.spendReset();
    }
    const refusal = httpRefusal(head);
    if (refusal !== undefined) {
      const refused = new HttpRefusal(this, id, refusal, head.method === "HEAD", head.contentLength);
      this.addStream(refused);
      if (ends) refused.onEnd();
      return;
    }
    const registered = this.#context.methods.get(head.path);
    const stream = new ServerStream(this, id, registered ?? UNKNOWN_METHOD, head);
    stream.remoteEnded = ends;
    this.addStream(stream);
    const error = this.#refusal(fault, registered, head);
    if (error !== undefined) return stream.fail(error);
    if (head.timeoutMs !== undefined) {
      stream.expiresAt = performance.now() + head.timeoutMs;
      this.deadlines.watch(stream.expiresAt);
    }
    stream.begin();
    if (ends && !stream.closed) stream.onEnd();
  }

  #refusal(fault: HeaderFault, registered: Registered | undefined, head: RequestHead): GrpcError | undefined {
    if (fault !== undefined) {
      return new GrpcError(
        Status.RESOURCE_EXHAUSTED,
        `the metadata is over the ${this.limits.maxHeaderListBytes} bytes allowed`,
      );
    }
    if (registered === undefined)
      return new GrpcError(Status.UNIMPLEMENTED, `there is no method ${head.path}`);
    if (Number.isNaN(head.timeoutMs)) return new GrpcError(Status.INTERNAL, "grpc-timeout cannot be read");
    if (head.timeoutMs !== undefined && head.timeoutMs <= 0) {
      return new GrpcError(Status.DEADLINE_EXCEEDED, "the deadline had passed when the call arrived");
    }
    if (head.encoding !== undefined && head.encoding !== "identity" && head.encoding !== "gzip") {
      return new GrpcError(
        Status.UNIMPLEMENTED,
        `grpc-encoding "${head.encoding}" is not supported, only gzip`,
      );
    }
    return undefined;
  }

  /** Counts bytes that are kept for unfinished or unread messages; throws GrpcError when all calls together keep too many. */
  hold(bytes: number): void {
    if (bytes > 0 && this.heldBytes + bytes > this.limits.maxHeldBytes) {
      throw new GrpcError(Status.RESOURCE_EXHAUSTED, "too many bytes wait on this connection");
    }
    this.heldBytes += bytes;
  }

  writeResponseHead(acceptsGzip: boolean): void {
    const { encoder, out } = this.sender;
    encoder.constant(out, this.gzip && acceptsGzip ? this.#headGzip : this.#head);
  }

  writeOk(): void {
    this.sender.encoder.constant(this.sender.out, this.#ok);
  }

  onHandlerError(error: unknown, call: ServerCall): void {
    this.#context.onError(error, call);
  }

  protected override onRemoved(): void {
    this.controls.earn(8);
    if (this.#draining) this.#closeIfIdle();
  }

  /**
   * Lets the client finish: GOAWAY that refuses nothing yet, then, once the client has seen it, GOAWAY with the last
   * call that was taken (RFC 9113, section 6.8). The connection closes after its last call.
   */
  drain(): void {
    if (this.#draining || this.closed) return;
    this.#draining = true;
    this.writeGoaway(LAST_ID, ErrorCode.NO_ERROR, "draining");
    this.writePing(DRAIN_PING);
    this.#drainTimer = setTimeout(() => this.#refuseNew(), DRAIN_PING_MS).unref();
  }

  #refuseNew(): void {
    if (this.#refuseAfter !== LAST_ID || this.closed) return;
    clearTimeout(this.#drainTimer);
    this.#refuseAfter = this.#lastId;
    this.writeGoaway(this.#lastId, ErrorCode.NO_ERROR, "draining");
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    const waiting = this.#drainTimer !== undefined && this.#refuseAfter === LAST_ID;
    if (this.streams.size > 0 || waiting || this.closed) return;
    // The last reply may still be in the buffer.
    setImmediate(() => this.finish("drained"));
  }

  protected override onLost(): void {
    clearTimeout(this.#handshake);
    clearTimeout(this.#drainTimer);
    this.#keepalive?.stop();
    this.#context.onClose(this);
  }
}

/** Stands for a request whose fields were dropped. */
const TOO_LARGE = [":method", "POST", ":scheme", "http", ":path", "/", "content-type", "application/grpc"];

const NO_CODEC = {
  encode: (): void => undefined,
  decode: (): undefined => undefined,
};

const UNKNOWN_METHOD: Registered = {
  method: { path: "", kind: "unary", input: NO_CODEC, output: NO_CODEC },
  streamsIn: false,
  streamsOut: false,
  invoke: () => undefined,
};
