import { Cancellation } from "./cancellation.ts";
import type { GrpcError } from "./grpc-error.ts";
import type { Registered, ServerHost } from "./hosts.ts";
import { MessageStream } from "./message-stream.ts";
import { Metadata } from "./metadata.ts";
import type { RequestHead } from "./request-head.ts";
import type { ServerCall } from "./server-call.ts";
import type { AnyMethod } from "./service.ts";

/** A call as its handler sees it. What few handlers look at is made when they do. */
export abstract class HandledCall extends MessageStream implements ServerCall {
  readonly side = "server";
  readonly connection: ServerHost;
  readonly registered: Registered;
  readonly head: RequestHead;
  /** What the handler set, if it set any. */
  protected headersToSend: Metadata | undefined;
  protected trailersToSend: Metadata | undefined;
  #metadata: Metadata | undefined;
  #cancellation: Cancellation | undefined;

  constructor(connection: ServerHost, id: number, registered: Registered, head: RequestHead) {
    super();
    this.connection = connection;
    this.id = id;
    this.registered = registered;
    this.head = head;
  }

  abstract sendHeaders(): void;

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
    return (this.headersToSend ??= new Metadata());
  }

  get responseTrailers(): Metadata {
    return (this.trailersToSend ??= new Metadata());
  }

  get signal(): AbortSignal {
    return (this.#cancellation ??= new Cancellation()).signal;
  }

  remainingMs(): number {
    return this.expiresAt === Infinity ? Infinity : Math.max(0, this.expiresAt - performance.now());
  }

  /** Tells the handler that its result is not wanted. */
  protected cancelSignal(reason: GrpcError): void {
    (this.#cancellation ??= new Cancellation()).cancel(reason);
  }
}
