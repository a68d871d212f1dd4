import { CONNECTION_LOST } from "../http2/stream.ts";
import { ErrorCode } from "../http2/http2-error.ts";
import { GrpcError } from "./grpc-error.ts";
import { HandledCall } from "./handled-call.ts";
import { MessageQueue } from "./message-queue.ts";
import { writeMessage } from "./messages.ts";
import { Status } from "./status.ts";
import { writeMetadata, writeStatus } from "./write-metadata.ts";

const NOTHING = Symbol("no message yet");

/** One call on the server: reads the requests, runs the handler, writes the replies and the status. */
export class ServerStream extends HandledCall {
  #request: unknown = NOTHING;
  #requests: MessageQueue<unknown> | undefined;
  #received = 0;
  #unread = 0;
  #started = false;
  #headersSent = false;
  #finished = false;
  #statusWaits: GrpcError | true | undefined;

  override get unreadBytes(): number {
    return this.#unread;
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
        connection.hold(-bytes);
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
    try {
      const { maxMessageBytes } = this.connection.limits;
      this.receive(this.registered.method.input, this.head.encoding, maxMessageBytes, from, start, end);
    } catch (error) {
      this.fail(error);
    }
    if (!this.remoteEnded) this.connection.returnWindow(this);
  }

  protected override get over(): boolean {
    return this.#finished;
  }

  protected override hold(bytes: number): void {
    this.connection.hold(bytes);
  }

  protected override onMessage(value: unknown, bytes: number): void {
    if (this.#requests !== undefined) {
      this.connection.hold(bytes);
      this.#unread += bytes;
      this.#requests.push(value, bytes);
    } else if (this.#request === NOTHING) this.#request = value;
    else throw new GrpcError(Status.UNIMPLEMENTED, "more than one message for a method that takes one");
  }

  override onEnd(): void {
    if (this.#finished) return;
    if (this.head.contentLength >= 0 && this.head.contentLength !== this.#received) {
      const reason = "content-length is not the length of the content";
      return this.connection.resetByPeersFault(this, ErrorCode.PROTOCOL_ERROR, reason);
    }
    if (this.insideMessage)
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
      this.connection.running--;
      return this.fail(error);
    }
    if (this.registered.streamsOut) return void this.#pipe(result as AsyncIterable<unknown>);
    if (isPromise(result)) {
      result.then(
        (value) => {
          this.connection.running--;
          this.#reply(value);
        },
        (error: unknown) => {
          this.connection.running--;
          this.fail(error);
        },
      );
    } else {
      this.connection.running--;
      this.#reply(result);
    }
  }

  #reply(value: unknown): void {
    if (this.closed || this.#finished) return;
    try {
      const sent = this.write(value);
      this.#finished = true;
      if (sent) this.#writeTrailers(undefined);
      else this.#statusWaits = true;
    } catch (error) {
      this.fail(error);
    }
  }

  protected override write(value: unknown): boolean {
    if (!this.#headersSent) this.#writeHeaders();
    const { sender, limits, gzip } = this.connection;
    const { output } = this.registered.method;
    return writeMessage(
      sender,
      this,
      output,
      value,
      false,
      gzip && this.head.acceptsGzip,
      limits.maxSendBytes,
    );
  }

  async #pipe(replies: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const { sender, streams } = this.connection;
    try {
      if (await this.sendAll(replies, () => sender.batch(streams.size))) this.#finish(undefined);
    } catch (error) {
      this.fail(error);
    } finally {
      this.connection.running--;
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
    super.onUnparked();
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
    this.dropUnfinished();
    // A handler that reads on must not take this for the end of the requests.
    this.#requests?.drop(reason);
    if (this.#started) this.cancelSignal(reason);
    this.stopSending();
  }

  #writeHeaders(): void {
    this.#headersSent = true;
    const { connection } = this;
    const { sender } = connection;
    const at = sender.beginHeaders();
    connection.writeResponseHead(this.head.acceptsGzip);
    if (this.headersToSend !== undefined) writeMetadata(sender, this.headersToSend);
    sender.endHeaders(at, this.id, false);
  }

  #writeTrailers(error: GrpcError | undefined): void {
    this.#statusWaits = undefined;
    const { connection } = this;
    const { sender } = connection;
    const at = sender.beginHeaders();
    if (!this.#headersSent) {
      connection.writeResponseHead(this.head.acceptsGzip);
      if (this.headersToSend !== undefined) writeMetadata(sender, this.headersToSend);
      this.#headersSent = true;
    }
    if (error === undefined) connection.writeOk();
    else writeStatus(sender, error);
    if (this.trailersToSend !== undefined) writeMetadata(sender, this.trailersToSend);
    sender.endHeaders(at, this.id, true);
    this.localEnded = true;
    this.#requests?.drop(error);
    this.dropUnfinished();
    sender.batchCall(connection.streams.size);
    if (this.remoteEnded) connection.remove(this);
    // The client may still be sending: it is told to stop, without an error (RFC 9113, section 8.1).
    else connection.reset(this, ErrorCode.NO_ERROR);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null && typeof value === "object" && typeof (value as PromiseLike<unknown>).then === "function"
  );
}
