import type { Socket } from "node:net";
import { ConstantBlock } from "../hpack/encoder.ts";
import { Connection } from "../http2/connection.ts";
import { PREFACE } from "../http2/frame.ts";
import { ConnectionError, ErrorCode } from "../http2/http2-error.ts";
import { Keepalive, type KeepaliveOptions } from "../http2/keepalive.ts";
import type { Limits } from "../http2/limits.ts";
import { Setting } from "../http2/settings.ts";
import { NEVER_TAKEN } from "../http2/stream.ts";
import type { ClientCall } from "./client-call.ts";
import type { ClientHost } from "./hosts.ts";
import type { AnyMethod } from "./service.ts";

/** What a connection is made with, and whom it tells. */
export interface ClientContext {
  readonly limits: Limits;
  readonly scheme: "http" | "https";
  readonly authority: string;
  readonly userAgent: string;
  readonly keepalive: KeepaliveOptions | undefined;
  /** The server's SETTINGS have come: calls may start. */
  onReady(connection: ClientConnection): void;
  /** A call has ended: there is room for another. */
  onRoom(connection: ClientConnection): void;
  /** The server wants no new calls here. */
  onLeaving(connection: ClientConnection): void;
  onLost(connection: ClientConnection, reason: string): void;
}

const LAST_ID = 0x7fff_ffff;

/** The client's end of a connection. */
export class ClientConnection extends Connection<ClientCall> implements ClientHost {
  ready = false;
  /** No new calls: GOAWAY, or we are closing. */
  leaving = false;
  readonly #context: ClientContext;
  readonly #heads = new Map<AnyMethod, ConstantBlock>();
  readonly #headsGzip = new Map<AnyMethod, ConstantBlock>();
  readonly #keepalive: Keepalive | undefined;
  #nextId = 1;

  constructor(socket: Socket, context: ClientContext) {
    super(socket, context.limits);
    this.#context = context;
    if (context.keepalive !== undefined) {
      const { withoutCalls = false } = context.keepalive;
      this.#keepalive = new Keepalive(context.keepalive, {
        ping: (payload) => this.writePing(payload),
        lost: () => this.lose("the server does not answer pings"),
        busy: () => withoutCalls || this.streams.size > 0,
      });
    }
    this.sender.out.raw(PREFACE);
    this.open([[Setting.ENABLE_PUSH, 0]]);
    this.sender.flush();
  }

  get hasRoom(): boolean {
    return this.ready && !this.leaving && this.streams.size < this.peerMaxStreams;
  }

  /** Sends a call; only when there is room. */
  start(call: ClientCall): void {
    call.id = this.#nextId;
    this.#nextId += 2;
    this.addStream(call);
    if (call.expiresAt !== Infinity) this.deadlines.watch(call.expiresAt);
    call.send(this);
    if (this.#nextId > LAST_ID) this.#leave();
  }

  writeRequestHead(method: AnyMethod, gzip: boolean): void {
    const heads = gzip ? this.#headsGzip : this.#heads;
    let head = heads.get(method);
    if (head === undefined) {
      const { scheme, authority, userAgent } = this.#context;
      const fields: [string, string][] = [
        [":method", "POST"],
        [":scheme", scheme],
        [":path", method.path],
        [":authority", authority],
        ["te", "trailers"],
        ["content-type", "application/grpc"],
        ["user-agent", userAgent],
        ["grpc-accept-encoding", "identity,gzip"],
      ];
      if (gzip) fields.push(["grpc-encoding", "gzip"]);
      head = new ConstantBlock(fields);
      heads.set(method, head);
    }
    this.sender.encoder.constant(this.sender.out, head);
  }

  protected override onChunk(chunk: Buffer): void {
    this.#keepalive?.heard();
    super.onChunk(chunk);
  }

  protected override onPeerSettings(): void {
    if (!this.ready) {
      this.ready = true;
      this.#context.onReady(this);
    } else this.#context.onRoom(this);
  }

  protected override onPingAck(): void {
    this.#keepalive?.heard();
  }

  protected override onGoaway(lastId: number, code: number, reason: string): void {
    const refused: ClientCall[] = [];
    this.streams.forEach((call) => {
      if (call.id > lastId) refused.push(call);
    });
    this.#leave();
    const said = reason === "" ? "" : `: ${JSON.stringify(reason)}`;
    for (const call of refused) {
      this.remove(call);
      call.onGone(NEVER_TAKEN, `the server is closing the connection${said}`);
    }
    if (code !== ErrorCode.NO_ERROR && this.streams.size === 0)
      this.lose(`the server closed the connection${said}`);
  }

  #leave(): void {
    if (!this.leaving) {
      this.leaving = true;
      this.#context.onLeaving(this);
    }
    if (this.streams.size === 0) this.#finishSoon();
  }

  /** Opens no more calls and closes after the last one. */
  retire(): void {
    this.leaving = true;
    if (this.streams.size === 0) this.finish("the channel was closed");
  }

  #finishSoon(): void {
    setImmediate(() => {
      if (!this.closed && this.streams.size === 0) this.finish("the connection was drained");
    });
  }

  protected override isIdle(id: number): boolean {
    return id % 2 === 0 || id >= this.#nextId;
  }

  protected override lastPeerId(): number {
    return 0;
  }

  /** A block for a call that has ended crossed our reset; anything else was never asked for. */
  protected override onNewHeaders(id: number): void {
    if (this.isIdle(id))
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "an answer to a call that was not made");
    this.spendControl();
  }

  protected override onRemoved(): void {
    this.controls.earn(8);
    if (this.leaving) {
      if (this.streams.size === 0) this.#finishSoon();
    } else this.#context.onRoom(this);
  }

  /** A server may be slow to open its window: deadlines decide, not we. */
  protected override onStalled(): void {}

  protected override onLost(reason: string): void {
    this.leaving = true;
    this.#keepalive?.stop();
    this.#context.onLost(this, reason);
  }
}
