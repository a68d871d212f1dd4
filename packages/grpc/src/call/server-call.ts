import type { CallContext } from "./interceptor.ts";
import type { Metadata } from "./metadata.ts";

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
