/** Metadata of a call, in ASCII, names in lower case. */
export type WireMetadata = Readonly<Record<string, string>>;

/** One google.protobuf.Any of a failure. */
export interface WireDetail {
  /** As in `type.googleapis.com/google.rpc.ErrorInfo`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A call that ended with a status other than OK. */
export class WireFailure extends Error {
  override readonly name = "WireFailure";
  /** The number of a gRPC status code. */
  readonly code: number;
  /** The details of its google.rpc.Status; none where it comes from the connection. */
  readonly details: readonly WireDetail[];

  constructor(code: number, message: string, details: readonly WireDetail[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** One call of a gRPC method and its reply, both encoded. `path` is `"/kerf.inventory.v1.Inventory/Reserve"`. */
export interface OutgoingCall {
  readonly path: string;
  readonly message: Buffer;
  readonly metadata: WireMetadata;
  /** Date.now() milliseconds. */
  readonly deadlineAt: number;
  readonly signal: AbortSignal;
}

/** Sends a call and gives the reply. @throws WireFailure and nothing else */
export type Send = (call: OutgoingCall) => Promise<Uint8Array>;

/** Opens a stream; its messages come when they are asked for. @throws WireFailure and nothing else */
export type OpenStream = (call: OutgoingCall) => AsyncIterable<Uint8Array>;

/** What a gRPC client must do for the transport. One stands for one address: it connects when needed, and again. */
export interface WireClient {
  readonly send: Send;
  readonly open: OpenStream;
  close(): void;
}

/** A call as the server sees it. */
export interface IncomingCall {
  metadata(name: string): string | undefined;
  /** Date.now() milliseconds; undefined where the caller set none. */
  readonly deadlineAt: number | undefined;
  /** Aborts when the caller went away or its deadline passed. */
  readonly signal: AbortSignal;
}

/** @throws WireFailure and nothing else */
export type UnaryMethod = (message: Uint8Array, call: IncomingCall) => Promise<Uint8Array>;
/** @throws WireFailure and nothing else */
export type StreamMethod = (
  messages: AsyncIterable<Uint8Array>,
  call: IncomingCall,
) => AsyncIterable<Uint8Array>;

/** What a gRPC server must do for the transport. Paths that are not among the methods are UNIMPLEMENTED. */
export interface WireServerOptions {
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  readonly unary: ReadonlyMap<string, UnaryMethod>;
  readonly streams: ReadonlyMap<string, StreamMethod>;
}

export interface WireServer {
  readonly port: number;
  /** Refuses new calls, waits for those in flight up to `graceMs`, then ends them. */
  close(graceMs: number): Promise<void>;
}
