import { ClientCall, type CallOptions, type CallOwner } from "./client-call.ts";
import { GrpcError } from "./grpc-error.ts";
import { MessageQueue } from "./message-queue.ts";
import type { AnyMethod } from "./service.ts";
import { Status } from "./status.ts";

const NOTHING = Symbol("no message yet");

/** A call with one reply. */
export class SingleReplyCall extends ClientCall {
  #value: unknown = NOTHING;
  readonly #resolve: (value: any) => void;
  readonly #reject: (error: GrpcError) => void;

  constructor(
    owner: CallOwner,
    method: AnyMethod,
    request: unknown,
    options: CallOptions,
    resolve: (value: any) => void,
    reject: (error: GrpcError) => void,
  ) {
    super(owner, method, request, options);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  protected override onMessage(value: unknown): void {
    if (this.#value === NOTHING) this.#value = value;
    else
      throw new GrpcError(Status.INTERNAL, "the server sent more than one message for one that was expected");
  }

  protected override onSuccess(): void {
    if (this.#value === NOTHING)
      this.#reject(new GrpcError(Status.INTERNAL, "the server sent OK without a message"));
    else this.#resolve(this.#value);
  }

  protected override onFailure(error: GrpcError): void {
    this.#reject(error);
  }
}

/** A call with any number of replies. */
export class StreamedReplyCall extends ClientCall {
  readonly replies = new MessageQueue<any>(
    (bytes) => this.#taken(bytes),
    () => this.cancel(new GrpcError(Status.CANCELLED, "the reader stopped")),
  );
  #waiting = 0;

  protected override onMessage(value: unknown, bytes: number): void {
    this.#waiting += bytes;
    this.replies.push(value, bytes);
  }

  /** Unread messages count against the window: a slow reader slows the server. */
  override get unreadBytes(): number {
    return this.#waiting;
  }

  #taken(bytes: number): void {
    this.#waiting -= bytes;
    if (!this.closed) this.connection?.returnWindow(this);
  }

  protected override onSuccess(): void {
    this.replies.end();
  }

  protected override onFailure(error: GrpcError): void {
    this.replies.end(error);
  }
}
