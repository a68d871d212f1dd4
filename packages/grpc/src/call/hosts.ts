import type { Limits } from "../http2/limits.ts";
import type { Sender } from "../http2/sender.ts";
import type { Stream } from "../http2/stream.ts";
import type { ServerCall } from "./server-call.ts";
import type { AnyMethod } from "./service.ts";

/** What a call needs of the connection that it is on. */
export interface CallHost {
  readonly sender: Sender;
  readonly limits: Limits;
  readonly streams: { readonly size: number };
  returnWindow(stream: Stream): void;
  remove(stream: Stream): void;
  settle(stream: Stream): void;
  reset(stream: Stream, code: number): void;
  resetByPeersFault(stream: Stream, code: number, reason: string): void;
}

/** A method with its handler. */
export interface Registered {
  readonly method: AnyMethod;
  readonly streamsIn: boolean;
  readonly streamsOut: boolean;
  readonly invoke: (request: any, call: ServerCall) => unknown;
}

export interface ServerHost extends CallHost {
  readonly peer: string;
  readonly gzip: boolean;
  /** Handlers that have not settled. */
  running: number;
  peerCertificate(): unknown;
  /** Counts bytes of unfinished and unread messages; throws GrpcError when they are too many. */
  hold(bytes: number): void;
  writeResponseHead(acceptsGzip: boolean): void;
  writeOk(): void;
  onHandlerError(error: unknown, call: ServerCall): void;
}

export interface ClientHost extends CallHost {
  writeRequestHead(method: AnyMethod, gzip: boolean): void;
}
