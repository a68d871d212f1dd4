import type { Socket } from "node:net";
import { limitsWith } from "../http2/limits.ts";
import { Backoff } from "./backoff.ts";
import type { CallOwner, CallOptions, ClientCall } from "./client-call.ts";
import { SingleReplyCall, StreamedReplyCall } from "./client-calls.ts";
import { ClientConnection, type ClientContext } from "./client-connection.ts";
import type { ChannelState, ConnectOptions } from "./connect-options.ts";
import { GrpcError } from "./grpc-error.ts";
import { chain, type CallContext, type Interceptor } from "./interceptor.ts";
import { Metadata } from "./metadata.ts";
import type { AnyMethod, Messages, Method } from "./service.ts";
import { Status } from "./status.ts";
import { authorityOf, openSocket, parseTarget, type ClientTls, type Target } from "./target.ts";

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting"; readonly socket: Socket; readonly timer: NodeJS.Timeout }
  | { readonly kind: "ready"; readonly connection: ClientConnection }
  | { readonly kind: "failed"; readonly reason: string; readonly timer: NodeJS.Timeout }
  | { readonly kind: "closed" };

/** A connection to one server that is made when the first call needs it, and again when it was lost. */
export class Channel implements CallOwner {
  readonly target: Target;
  readonly #tls: ClientTls | undefined;
  readonly #context: ClientContext;
  readonly #interceptors: readonly Interceptor[];
  readonly #backoff: Backoff;
  readonly #connectTimeoutMs: number;
  readonly #waiting = new Set<ClientCall>();
  readonly #connections = new Set<ClientConnection>();
  #state: State = { kind: "idle" };
  #onClosed: (() => void) | undefined;

  constructor(target: Target, options: ConnectOptions) {
    this.target = target;
    this.#tls = options.tls === true ? {} : options.tls === false ? undefined : options.tls;
    this.#interceptors = options.interceptors ?? [];
    this.#backoff = new Backoff(options.backoff);
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 20_000;
    this.#context = {
      limits: limitsWith(options.limits),
      scheme: this.#tls === undefined ? "http" : "https",
      authority: options.authority ?? authorityOf(target),
      userAgent: options.userAgent ?? "kerf-grpc-node/0.1.0",
      keepalive: options.keepalive,
      onReady: (connection) => this.#onReady(connection),
      onRoom: (connection) => this.#startWaiting(connection),
      onLeaving: (connection) => this.#onLeaving(connection),
      onLost: (connection, reason) => this.#onLost(connection, reason),
    };
  }

  get state(): ChannelState {
    return this.#state.kind;
  }

  /** One message each way. Rejects with GrpcError. */
  unary<I, O>(method: Method<I, O, "unary">, request: I, options: CallOptions = {}): Promise<O> {
    if (this.#interceptors.length === 0) return this.#single(method, request, options);
    return promised(
      this.#intercepted(method, request, options, (message, own) => this.#single(method, message, own)),
    ) as Promise<O>;
  }

  /** One message in, a stream of them out; leaving the iteration early cancels the call. */
  serverStream<I, O>(
    method: Method<I, O, "serverStream">,
    request: I,
    options: CallOptions = {},
  ): AsyncIterable<O> {
    return this.#intercepted(method, request, options, (message, own) =>
      this.#streamed(method, message, own),
    ) as AsyncIterable<O>;
  }

  /** A stream of messages in, one out. */
  clientStream<I, O>(
    method: Method<I, O, "clientStream">,
    requests: Messages<I>,
    options: CallOptions = {},
  ): Promise<O> {
    return promised(
      this.#intercepted(method, requests, options, (messages, own) => this.#single(method, messages, own)),
    ) as Promise<O>;
  }

  /** Streams of messages both ways. */
  bidi<I, O>(
    method: Method<I, O, "bidi">,
    requests: Messages<I>,
    options: CallOptions = {},
  ): AsyncIterable<O> {
    return this.#intercepted(method, requests, options, (messages, own) =>
      this.#streamed(method, messages, own),
    ) as AsyncIterable<O>;
  }

  /** Connects now, and resolves when the server answers; rejects with UNAVAILABLE or DEADLINE_EXCEEDED. */
  async ready(timeoutMs = this.#connectTimeoutMs): Promise<void> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      if (this.#state.kind === "ready") return;
      if (this.#state.kind === "closed")
        throw new GrpcError(Status.UNAVAILABLE, "the channel is closed", { notStarted: true });
      if (this.#state.kind === "idle") this.#connect();
      if (performance.now() > end)
        throw new GrpcError(Status.DEADLINE_EXCEEDED, `no connection to ${this.#context.authority} in time`);
      await this.#nextChange(Math.max(0, end - performance.now()));
    }
  }

  /** The state has changed, or the time is over. */
  #nextChange(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#changed.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#changed.add(done);
    });
  }

  readonly #changed = new Set<() => void>();

  /** Lets open calls finish, refuses new ones, closes; after `graceMs` (10,000 when not given) the open calls fail. */
  async close({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    if (this.#state.kind !== "closed") {
      const state = this.#state;
      this.#setState({ kind: "closed" });
      if (state.kind === "connecting" || state.kind === "failed") clearTimeout(state.timer);
      if (state.kind === "connecting") state.socket.destroy();
      for (const call of this.#waiting)
        call.failWith(new GrpcError(Status.UNAVAILABLE, "the channel was closed", { notStarted: true }));
      this.#waiting.clear();
      for (const connection of this.#connections) connection.retire();
    }
    if (this.#connections.size === 0) return;
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.lose("the channel was closed");
    }, graceMs);
    await new Promise<void>((resolve) => (this.#onClosed = resolve));
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #intercepted(
    method: AnyMethod,
    request: unknown,
    options: CallOptions,
    last: (request: any, options: CallOptions) => unknown,
  ): unknown {
    if (this.#interceptors.length === 0) return last(request, options);
    const metadata = new Metadata(options.metadata);
    const end = options.timeoutMs === undefined ? Infinity : performance.now() + options.timeoutMs;
    const remainingMs = (): number => (end === Infinity ? Infinity : Math.max(0, end - performance.now()));
    const call: CallContext = { side: "client", method, metadata, remainingMs };
    return chain(this.#interceptors, call, (message) =>
      last(message, { ...options, metadata, timeoutMs: end === Infinity ? undefined : remainingMs() }),
    )(request);
  }

  #single<O>(method: AnyMethod, request: unknown, options: CallOptions): Promise<O> {
    return new Promise<O>((resolve, reject) =>
      this.#begin(new SingleReplyCall(this, method, request, options, resolve, reject)),
    );
  }

  #streamed(method: AnyMethod, request: unknown, options: CallOptions): AsyncIterable<unknown> {
    const call = new StreamedReplyCall(this, method, request, options);
    this.#begin(call);
    return call.replies;
  }

  #begin(call: ClientCall): void {
    if (call.prepare()) this.restart(call);
  }

  restart(call: ClientCall): void {
    const state = this.#state;
    if (state.kind === "ready" && state.connection.hasRoom && this.#waiting.size === 0)
      return state.connection.start(call);
    if (state.kind === "closed")
      return call.failWith(new GrpcError(Status.UNAVAILABLE, "the channel is closed", { notStarted: true }));
    if (state.kind === "failed" && call.options.waitForReady !== true) {
      return call.failWith(new GrpcError(Status.UNAVAILABLE, state.reason, { notStarted: true }));
    }
    this.#waiting.add(call);
    if (call.expiresAt !== Infinity) {
      call.waitTimer = setTimeout(
        () => call.onDeadline(),
        Math.min(Math.max(0, call.expiresAt - performance.now()), 0x7fff_ffff),
      );
    }
    if (state.kind === "idle") this.#connect();
    else if (state.kind === "ready") this.#startWaiting(state.connection);
  }

  withdraw(call: ClientCall): void {
    this.#waiting.delete(call);
  }

  #startWaiting(connection: ClientConnection): void {
    if (this.#waiting.size === 0) return;
    for (const call of this.#waiting) {
      if (!connection.hasRoom) return;
      this.#waiting.delete(call);
      clearTimeout(call.waitTimer);
      connection.start(call);
    }
  }

  #setState(state: State): void {
    this.#state = state;
    for (const changed of this.#changed) changed();
    this.#changed.clear();
  }

  #connect(): void {
    const socket = openSocket(this.target, this.#tls, (error) => {
      if (this.#state.kind !== "connecting" || this.#state.socket !== socket) return void socket.destroy();
      if (error !== undefined)
        return this.#failed(socket, `cannot connect to ${this.#context.authority}: ${error.message}`);
      this.#connections.add(new ClientConnection(socket, this.#context));
    });
    const timer = setTimeout(
      () =>
        this.#failed(
          socket,
          `cannot connect to ${this.#context.authority}: no answer in ${this.#connectTimeoutMs} ms`,
        ),
      this.#connectTimeoutMs,
    );
    this.#setState({ kind: "connecting", socket, timer });
  }

  #onReady(connection: ClientConnection): void {
    if (this.#state.kind !== "connecting" || this.#state.socket !== connection.socket)
      return connection.retire();
    clearTimeout(this.#state.timer);
    this.#backoff.reset();
    this.#setState({ kind: "ready", connection });
    this.#startWaiting(connection);
  }

  #failed(socket: Socket, reason: string): void {
    if (this.#state.kind !== "connecting" || this.#state.socket !== socket) return;
    clearTimeout(this.#state.timer);
    const timer = setTimeout(() => {
      this.#setState({ kind: "idle" });
      if (this.#waiting.size > 0) this.#connect();
    }, this.#backoff.next());
    if (this.#waiting.size === 0) timer.unref();
    this.#setState({ kind: "failed", reason, timer });
    // Its own "lost" finds another state and does nothing.
    socket.destroy();
    for (const call of this.#waiting) {
      if (call.options.waitForReady === true) continue;
      this.#waiting.delete(call);
      call.failWith(new GrpcError(Status.UNAVAILABLE, reason, { notStarted: true }));
    }
  }

  #onLeaving(connection: ClientConnection): void {
    if (this.#state.kind !== "ready" || this.#state.connection !== connection) return;
    this.#setState({ kind: "idle" });
    if (this.#waiting.size > 0) this.#connect();
  }

  #onLost(connection: ClientConnection, reason: string): void {
    this.#connections.delete(connection);
    if (this.#state.kind === "closed") {
      if (this.#connections.size === 0) this.#onClosed?.();
      return;
    }
    if (this.#state.kind === "connecting")
      return this.#failed(connection.socket, `cannot connect to ${this.#context.authority}: ${reason}`);
    this.#onLeaving(connection);
  }
}

/** A channel to `host:port`, `[ipv6]:port` or `unix:/path`. It connects when the first call is made. */
export function connect(target: string, options: ConnectOptions = {}): Channel {
  return new Channel(parseTarget(target), options);
}

/** A call that an interceptor refuses by throwing rejects like one that the server refuses. */
async function promised(result: unknown): Promise<unknown> {
  return result;
}
