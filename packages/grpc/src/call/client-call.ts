import { ErrorCode } from "../http2/http2-error.ts";
import { NEVER_TAKEN } from "../http2/stream.ts";
import { errorFromTrailers, GrpcError } from "./grpc-error.ts";
import type { ClientHost } from "./hosts.ts";
import { MessageStream } from "./message-stream.ts";
import { writeMessage } from "./messages.ts";
import { Metadata, type MetadataInit } from "./metadata.ts";
import { gone, statusOfReset } from "./reset-status.ts";
import { readResponseHead, statusOfHttp, type ResponseHead } from "./response-head.ts";
import type { AnyMethod } from "./service.ts";
import { Status } from "./status.ts";
import { formatTimeout } from "./timeout.ts";
import { writeMetadata } from "./write-metadata.ts";

export interface CallOptions {
  /** The deadline, in milliseconds from now; it travels as `grpc-timeout`. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly metadata?: MetadataInit | undefined;
  /** Waits for a connection instead of failing while there is none. */
  readonly waitForReady?: boolean | undefined;
  readonly compression?: "gzip" | "identity" | undefined;
  /** Hears the metadata in front of the first message, and behind the last one. */
  readonly onHeader?: ((metadata: Metadata) => void) | undefined;
  readonly onTrailer?: ((metadata: Metadata) => void) | undefined;
}

/** What a call needs of its channel. */
export interface CallOwner {
  /** A call that the server surely did not begin: it is sent again, once. */
  restart(call: ClientCall): void;
  /** It has ended before it was sent. */
  withdraw(call: ClientCall): void;
}

/** One call on the client: writes the requests, reads the replies and the status. */
export abstract class ClientCall extends MessageStream {
  connection: ClientHost | undefined;
  readonly method: AnyMethod;
  readonly options: CallOptions;
  /** It has its result; nothing after it counts. */
  settled = false;
  /** Fires while the call waits for a connection. */
  waitTimer: NodeJS.Timeout | undefined;
  readonly #owner: CallOwner;
  readonly #request: unknown;
  readonly #streamsIn: boolean;
  readonly #metadata: Metadata | undefined;
  #headSeen = false;
  #restarted = false;
  #encoding: string | undefined;
  #httpError: GrpcError | undefined;
  #onAbort: (() => void) | undefined;

  constructor(owner: CallOwner, method: AnyMethod, request: unknown, options: CallOptions) {
    super();
    this.#owner = owner;
    this.method = method;
    this.#request = request;
    this.options = options;
    this.#streamsIn = method.kind === "clientStream" || method.kind === "bidi";
    const { metadata, timeoutMs } = options;
    this.#metadata =
      metadata === undefined || metadata instanceof Metadata ? metadata : new Metadata(metadata);
    if (timeoutMs !== undefined) this.expiresAt = performance.now() + timeoutMs;
  }

  protected abstract onSuccess(): void;
  protected abstract onFailure(error: GrpcError): void;

  /** Begins to listen to the signal; false when the call is over before it began. */
  prepare(): boolean {
    const { signal } = this.options;
    if (signal === undefined) return true;
    if (signal.aborted) {
      this.failWith(aborted(signal));
      return false;
    }
    this.#onAbort = () => this.cancel(aborted(signal));
    signal.addEventListener("abort", this.#onAbort, { once: true });
    return true;
  }

  /** Ends the call with `error` and tells the server. */
  cancel(error: GrpcError): void {
    if (this.settled) return;
    if (this.connection === undefined) this.#owner.withdraw(this);
    else this.connection.reset(this, ErrorCode.CANCEL);
    this.failWith(error);
  }

  /** Writes the header and what there is of the request; `id` was given. */
  send(connection: ClientHost): void {
    this.connection = connection;
    const { sender } = connection;
    const at = sender.beginHeaders();
    connection.writeRequestHead(this.method, this.options.compression === "gzip");
    if (this.expiresAt !== Infinity)
      sender.encoder.field(sender.out, "grpc-timeout", formatTimeout(this.#remaining()));
    if (this.#metadata !== undefined) writeMetadata(sender, this.#metadata);
    sender.endHeaders(at, this.id, false);
    if (this.#streamsIn) {
      sender.schedule();
      void this.#pipe(this.#request as AsyncIterable<unknown>);
      return;
    }
    try {
      this.#write(this.#request, true);
    } catch (error) {
      this.cancel(GrpcError.from(error));
    }
    sender.batchCall(connection.streams.size);
  }

  /** A call that did not wait has the whole of its time: no second look at the clock. */
  #remaining(): number {
    return this.waitTimer === undefined && !this.#restarted
      ? this.options.timeoutMs!
      : this.expiresAt - performance.now();
  }

  #write(value: unknown, ends: boolean): boolean {
    const { sender, limits } = this.connection!;
    const gzip = this.options.compression === "gzip";
    return writeMessage(sender, this, this.method.input, value, ends, gzip, limits.maxSendBytes);
  }

  protected override write(value: unknown): boolean {
    return this.#write(value, false);
  }

  protected override get over(): boolean {
    return this.settled;
  }

  async #pipe(requests: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const connection = this.connection!;
    const { sender, streams } = connection;
    try {
      if (!(await this.sendAll(requests, () => sender.batch(streams.size)))) return;
      sender.sendEnd(this);
      connection.settle(this);
    } catch (error) {
      const failed = "the request stream failed";
      this.cancel(
        error instanceof GrpcError ? error : new GrpcError(Status.CANCELLED, failed, { cause: error }),
      );
    }
  }

  override onHeaders(fields: readonly string[], count: number, ends: boolean): void {
    if (ends) {
      if (count === 2 && fields[0] === "grpc-status" && fields[1] === "0") return this.#succeed(undefined);
    } else if (!this.#headSeen && count === 4 && fields[1] === "200" && fields[3] === "application/grpc") {
      this.#headSeen = true;
      return this.#tell(this.options.onHeader, undefined);
    }
    const head = readResponseHead(fields, count);
    if (head === undefined)
      return this.connection!.resetByPeersFault(this, ErrorCode.PROTOCOL_ERROR, "a malformed answer");
    if (head.httpStatus >= 100 && head.httpStatus < 200 && !ends) return;
    if (!this.#headSeen) this.#onHead(head, ends);
    else if (!ends)
      return this.connection!.resetByPeersFault(
        this,
        ErrorCode.PROTOCOL_ERROR,
        "trailers that do not end the stream",
      );
    if (ends) this.#onTrailers(head);
  }

  #onHead(head: ResponseHead, ends: boolean): void {
    this.#headSeen = true;
    this.#encoding = head.encoding;
    const refusal = statusOfHttp(head);
    if (refusal !== undefined && head.status === undefined)
      this.#httpError = new GrpcError(refusal.code, refusal.reason);
    else if (!ends) this.#tell(this.options.onHeader, head.metadata);
  }

  #onTrailers(head: ResponseHead): void {
    if (this.#httpError !== undefined && head.status === undefined) return this.#settle(this.#httpError);
    if (head.status === undefined)
      return this.#settle(new GrpcError(Status.UNKNOWN, "the answer ended without grpc-status"));
    if (head.status === 0) return this.#succeed(head.metadata);
    this.#tell(this.options.onTrailer, head.metadata);
    this.#settle(
      errorFromTrailers(head.status, head.message, head.details, Metadata.fromWire(head.metadata ?? [])),
    );
  }

  /** A listener that throws fails its own call, not the connection. */
  #tell(listener: ((metadata: Metadata) => void) | undefined, fields: string[] | undefined): void {
    if (listener === undefined) return;
    try {
      listener(Metadata.fromWire(fields ?? []));
    } catch (error) {
      this.cancel(GrpcError.from(error));
    }
  }

  #succeed(trailers: string[] | undefined): void {
    if (this.settled) return;
    if (this.insideMessage)
      return this.#settle(new GrpcError(Status.INTERNAL, "the answer ends inside a message"));
    this.#tell(this.options.onTrailer, trailers);
    if (this.settled) return;
    this.settled = true;
    this.#release();
    this.onSuccess();
  }

  #settle(error: GrpcError): void {
    this.failWith(error);
  }

  /** The result is `error`. */
  failWith(error: GrpcError): void {
    if (this.settled) return;
    this.settled = true;
    this.#release();
    this.onFailure(error);
  }

  #release(): void {
    if (this.#onAbort !== undefined) this.options.signal!.removeEventListener("abort", this.#onAbort);
    if (this.waitTimer !== undefined) clearTimeout(this.waitTimer);
    this.dropUnfinished();
    if (!this.#streamsIn) return;
    // The server needs no more requests: the stream is told, and the generator may clean up.
    if (!this.localEnded && !this.closed && this.connection !== undefined)
      this.connection.reset(this, ErrorCode.CANCEL);
    this.stopSending();
  }

  override onData(from: Buffer, start: number, end: number): void {
    if (this.#httpError !== undefined) return this.connection!.returnWindow(this);
    if (!this.#headSeen)
      return this.connection!.resetByPeersFault(this, ErrorCode.PROTOCOL_ERROR, "DATA before HEADERS");
    try {
      const { maxMessageBytes } = this.connection!.limits;
      this.receive(this.method.output, this.#encoding, maxMessageBytes, from, start, end);
    } catch (error) {
      this.cancel(GrpcError.from(error));
    }
    this.connection!.returnWindow(this);
  }

  override onEnd(): void {
    if (this.settled) return;
    this.#settle(this.#httpError ?? new GrpcError(Status.UNKNOWN, "the answer ended without a status"));
  }

  override onGone(code: number, reason: string): void {
    if (this.settled) return;
    const notStarted = (code === NEVER_TAKEN || code === ErrorCode.REFUSED_STREAM) && !this.#headSeen;
    if (notStarted && !this.#streamsIn && !this.#restarted) {
      this.#restarted = true;
      this.connection = undefined;
      this.closed = false;
      this.localEnded = false;
      this.remoteEnded = false;
      this.unreturned = 0;
      return this.#owner.restart(this);
    }
    // A server that keeps the deadline may say so by a reset, which overtakes our own timer.
    if (code === ErrorCode.CANCEL && performance.now() >= this.expiresAt) return this.onDeadline();
    this.failWith(new GrpcError(statusOfReset(code), gone(code, reason), { notStarted }));
  }

  override onDeadline(): void {
    this.cancel(new GrpcError(Status.DEADLINE_EXCEEDED, "the deadline passed"));
  }
}

function aborted(signal: AbortSignal): GrpcError {
  const { reason } = signal as { reason: unknown };
  if (reason instanceof GrpcError) return reason;
  return new GrpcError(Status.CANCELLED, "the call was cancelled", { cause: reason });
}
