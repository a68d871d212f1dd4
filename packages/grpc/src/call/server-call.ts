import { CONNECTION_LOST, Stream } from "../http2/stream.ts";
import { ErrorCode } from "../http2/http2-error.ts";
import { DETAILS, detailsField, encodeMessage, GrpcError } from "./grpc-error.ts";
import type { CallContext } from "./interceptor.ts";
import { MessageQueue } from "./message-queue.ts";
import { decompress, MESSAGE_PREFIX, messageLength, MessageReader, writeMessage } from "./messages.ts";
import { Metadata } from "./metadata.ts";
import type { RequestHead } from "./request-head.ts";
import type { Registered, ServerConnection } from "./server-connection.ts";
import type { AnyMethod } from "./service.ts";
import { Status } from "./status.ts";
import { writeMetadata } from "./write-metadata.ts";

const NOTHING = Symbol("no message yet");

/** A call as its handler sees it: the second argument of every handler. */
export interface ServerCall extends CallContext {
  readonly side: "server";
  /** Aborted when the client cancels, the deadline passes or the connection is lost. */
  readonly signal: AbortSignal;
  /** Address of the client, as in `127.0.0.1:50312`; empty for Unix sockets. */
  readonly peer: string;
  /** `:authority` of the request. */
  readonly authority: string;
  /** The certificate of the client, when TLS asked for one. */
  readonly peerCertificate: unknown;
  /** Metadata sent before the first message; must be set before it. */
  readonly responseHeaders: Metadata;
  /** Metadata sent behind the last message. */
  readonly responseTrailers: Metadata;
  /** Sends `responseHeaders` now. */
  sendHeaders(): void;
}

/** One call on the server: reads the requests, runs the handler, writes the replies and the status. */
export class ServerStream extends Stream implements ServerCall {
  readonly side = "server";
  readonly connection: ServerConnection;
  readonly registered: Registered;
  readonly head: RequestHead;
  #request: unknown = NOTHING;
  #requests: MessageQueue<unknown> | undefined;
  #reader: MessageReader | undefined;
  #received = 0;
  #unread = 0;
  #started = false;
  #headersSent = false;
  #finished = false;
  #metadata: Metadata | undefined;
  #responseHeaders: Metadata | undefined;
  #responseTrailers: Metadata | undefined;
  #abort: AbortController | undefined;
  #abortReason: GrpcError | undefined;
  #unparked: (() => void) | undefined;
  #statusWaits: GrpcError | true | undefined;
  #replies: AsyncIterator<unknown> | undefined;

  constructor(connection: ServerConnection, id: number, registered: Registered, head: RequestHead) {
    super();
    this.connection = connection;
    this.id = id;
    this.registered = registered;
    this.head = head;
  }

  get method(): AnyMethod {
    return this.registered.method;
  }

  get authority(): string {
    return this.head.authority;
  }

  get peer(): string {
    return this.connection.peer;
  }

  get peerCertificate(): unknown {
    return this.connection.peerCertificate();
  }

  get metadata(): Metadata {
    return (this.#metadata ??=
      this.head.metadata === undefined ? new Metadata() : Metadata.fromWire(this.head.metadata));
  }

  get responseHeaders(): Metadata {
    return (this.#responseHeaders ??= new Metadata());
  }

  get responseTrailers(): Metadata {
    return (this.#responseTrailers ??= new Metadata());
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  override get unreadBytes(): number {
    return this.#unread;
  }

  remainingMs(): number {
    return this.expiresAt === Infinity ? Infinity : Math.max(0, this.expiresAt - performance.now());
  }

  sendHeaders(): void {
    if (this.#headersSent || this.closed || this.#finished) return;
    this.#writeHeaders();
    this.connection.sender.schedule();
  }

  /** Streams of requests start their handler at once, before the first message. */
  begin(): void {
    if (!this.registered.streamsIn) return;
    const connection = this.connection;
    this.#requests = new MessageQueue<unknown>(
      (bytes) => {
        connection.heldBytes -= bytes;
        this.#unread -= bytes;
        connection.returnWindow(this);
      },
      () => undefined,
    );
    this.#run(this.#requests);
  }

  override onHeaders(fields: readonly string[], count: number, ends: boolean): void {
    // The only second block of a request is trailers, which gRPC has no use for.
    const pseudo = count > 0 && fields[0]!.startsWith(":");
    if (!ends || pseudo)
      this.connection.resetByPeersFault(this, ErrorCode.PROTOCOL_ERROR, "a second header block");
  }

  override onData(from: Buffer, start: number, end: number): void {
    this.#received += end - start;
    const { maxMessageBytes } = this.connection.limits;
    try {
      const only = this.#reader === undefined && end - start >= MESSAGE_PREFIX;
      if (only && messageLength(from, start, maxMessageBytes) === end - start - MESSAGE_PREFIX) {
        this.#onMessage(from[start] === 1, from, start + MESSAGE_PREFIX, end);
      } else {
        this.#reader ??= new MessageReader(
          maxMessageBytes,
          (compressed, b, p, e) => this.#onMessage(compressed, b, p, e),
          (bytes) => this.connection.hold(bytes),
        );
        this.#reader.push(from, start, end);
      }
    } catch (error) {
      this.fail(error);
    }
    if (!this.remoteEnded) this.connection.returnWindow(this);
  }

  #onMessage(compressed: boolean, from: Buffer, start: number, end: number): void {
    if (this.#finished || this.closed) return;
    const { input } = this.registered.method;
    let value: unknown;
    if (compressed) {
      const plain = decompress(from, start, end, this.head.encoding, this.connection.limits.maxMessageBytes);
      value = decode(input, plain, 0, plain.length);
    } else value = decode(input, from, start, end);
    if (this.#requests !== undefined) {
      const bytes = end - start + MESSAGE_PREFIX;
      this.connection.hold(bytes);
      this.#unread += bytes;
      this.#requests.push(value, bytes);
    } else if (this.#request === NOTHING) this.#request = value;
    else throw new GrpcError(Status.UNIMPLEMENTED, "more than one message for a method that takes one");
  }

  override onEnd(): void {
    if (this.#finished) return;
    if (this.head.contentLength >= 0 && this.head.contentLength !== this.#received) {
      return this.connection.resetByPeersFault(
        this,
        ErrorCode.PROTOCOL_ERROR,
        "content-length is not the length of the content",
      );
    }
    if (this.#reader?.empty === false)
      return this.fail(new GrpcError(Status.INTERNAL, "the request ends inside a message"));
    if (this.#requests !== undefined) return this.#requests.end();
    if (this.#request === NOTHING)
      return this.fail(new GrpcError(Status.UNIMPLEMENTED, "no message for a method that takes one"));
    const request = this.#request;
    this.#request = NOTHING;
    this.#run(request);
  }

  #run(request: unknown): void {
    this.#started = true;
    this.connection.running++;
    let result: unknown;
    try {
      result = this.registered.invoke(request, this);
    } catch (error) {
      this.#done();
      return this.fail(error);
    }
    if (this.registered.streamsOut) return void this.#pipe(result as AsyncIterable<unknown>);
    if (
      result !== null &&
      typeof result === "object" &&
      typeof (result as PromiseLike<unknown>).then === "function"
    ) {
      (result as PromiseLike<unknown>).then(
        (value) => {
          this.#done();
          this.#reply(value);
        },
        (error: unknown) => {
          this.#done();
          this.fail(error);
        },
      );
    } else {
      this.#done();
      this.#reply(result);
    }
  }

  /** The handler has settled: its place is free. */
  #done(): void {
    this.connection.handlerDone();
  }

  #reply(value: unknown): void {
    if (this.closed || this.#finished) return;
    if (!this.#headersSent) this.#writeHeaders();
    try {
      const sent = this.#write(value);
      this.#finished = true;
      if (sent) this.#writeTrailers(undefined);
      else this.#statusWaits = true;
    } catch (error) {
      this.fail(error);
    }
  }

  #write(value: unknown): boolean {
    const { connection } = this;
    const gzip = connection.gzip && this.head.acceptsGzip;
    return writeMessage(
      connection.sender,
      this,
      this.registered.method.output,
      value,
      false,
      gzip,
      connection.limits.maxSendBytes,
    );
  }

  async #pipe(replies: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    try {
      const iterator = (
        Symbol.asyncIterator in replies ? replies[Symbol.asyncIterator]() : replies[Symbol.iterator]()
      ) as AsyncIterator<unknown>;
      this.#replies = iterator;
      while (!this.closed && !this.#finished) {
        const { done, value } = await iterator.next();
        if (this.closed || this.#finished) break;
        if (done === true) {
          this.#finish(undefined);
          break;
        }
        if (!this.#headersSent) this.#writeHeaders();
        if (this.#write(value)) this.connection.sender.batch(this.connection.streams.size);
        else await new Promise<void>((resolve) => (this.#unparked = resolve));
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#replies = undefined;
      this.#done();
    }
  }

  /** Ends the call with the status of `error`; does nothing when it has ended. */
  fail(error: unknown): void {
    if (this.closed || this.#finished) return;
    if (error instanceof GrpcError) return this.#finish(error);
    // What a bug says is for us, not for a stranger.
    this.connection.onHandlerError(error, this);
    this.#finish(new GrpcError(Status.UNKNOWN, "the handler failed"));
  }

  #finish(error: GrpcError | undefined): void {
    this.#finished = true;
    if (this.parked !== undefined) this.#statusWaits = error ?? true;
    else this.#writeTrailers(error);
    if (error !== undefined) this.#cancel(error);
  }

  override onUnparked(): void {
    const waits = this.#statusWaits;
    if (waits !== undefined) return this.#writeTrailers(waits === true ? undefined : waits);
    const resolve = this.#unparked;
    this.#unparked = undefined;
    resolve?.();
  }

  override onGone(code: number, reason: string): void {
    this.#finished = true;
    const cancelled = code === ErrorCode.CANCEL || code === ErrorCode.NO_ERROR || code === CONNECTION_LOST;
    this.#cancel(new GrpcError(cancelled ? Status.CANCELLED : Status.INTERNAL, reason));
  }

  override onDeadline(): void {
    if (this.parked !== undefined) {
      this.connection.reset(this, ErrorCode.CANCEL);
      return this.onGone(ErrorCode.CANCEL, "the deadline passed");
    }
    this.fail(new GrpcError(Status.DEADLINE_EXCEEDED, "the deadline passed"));
  }

  /** Tells the handler, if there is one, that its result is not wanted. */
  #cancel(reason: GrpcError): void {
    this.#abortReason = reason;
    this.#reader?.drop();
    this.#requests?.drop();
    this.#unparked?.();
    if (!this.#started) return;
    this.#abort?.abort(reason);
    // A generator that waits for something else than the signal ends at its next yield.
    void this.#replies?.return?.()?.catch(() => undefined);
  }

  #writeHeaders(): void {
    this.#headersSent = true;
    const { connection } = this;
    const { sender } = connection;
    const at = sender.beginHeaders();
    connection.writeResponseHead(this.head.acceptsGzip);
    if (this.#responseHeaders !== undefined) writeMetadata(sender, this.#responseHeaders);
    sender.endHeaders(at, this.id, false);
  }

  #writeTrailers(error: GrpcError | undefined): void {
    this.#statusWaits = undefined;
    const { connection } = this;
    const { sender } = connection;
    const { encoder, out } = sender;
    const at = sender.beginHeaders();
    if (!this.#headersSent) {
      connection.writeResponseHead(this.head.acceptsGzip);
      if (this.#responseHeaders !== undefined) writeMetadata(sender, this.#responseHeaders);
      this.#headersSent = true;
    }
    if (error === undefined) connection.writeOk();
    else {
      encoder.field(out, "grpc-status", String(error.code));
      if (error.message !== "") encoder.field(out, "grpc-message", encodeMessage(error.message));
      if (error.details.length > 0) encoder.field(out, DETAILS, detailsField(error));
      writeMetadata(sender, error.metadata);
    }
    if (this.#responseTrailers !== undefined) writeMetadata(sender, this.#responseTrailers);
    sender.endHeaders(at, this.id, true);
    this.localEnded = true;
    this.#requests?.drop();
    this.#reader?.drop();
    sender.batch(connection.streams.size);
    if (this.remoteEnded) connection.remove(this);
    // The client may still be sending: it is told to stop, without an error (RFC 9113, section 8.1).
    else connection.reset(this, ErrorCode.NO_ERROR);
  }
}

function decode(codec: AnyMethod["input"], from: Buffer, start: number, end: number): unknown {
  try {
    return codec.decode(from, start, end);
  } catch (error) {
    if (error instanceof GrpcError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GrpcError(Status.INTERNAL, `the request cannot be decoded: ${reason}`, { cause: error });
  }
}
