import type { Metadata } from "./metadata.ts";
import type { AnyMethod } from "./service.ts";

/** What an interceptor sees of a call, on either side. */
export interface CallContext {
  readonly side: "client" | "server";
  readonly method: AnyMethod;
  /** Metadata of the request: a client's interceptor may still change it. */
  readonly metadata: Metadata;
  /** Milliseconds until the deadline; Infinity without one. */
  remainingMs(): number;
}

/** A message for unary requests, an async iterable of them for streams; the same for what comes back. */
export type Next = (request: any) => any;

/**
 * Stands between a call and what carries it out, on the client as on the server. It may look at or replace the request
 * and the reply, call `next` once, not at all or several times, and throw GrpcError. A unary reply is a promise (or, on
 * the server, a value), a streamed one an async iterable.
 */
export type Interceptor = (request: any, call: CallContext, next: Next) => any;

/** One function of many: the first interceptor is the outermost. */
export function chain(interceptors: readonly Interceptor[], call: CallContext, last: Next): Next {
  return interceptors.reduceRight<Next>((next, one) => (request) => one(request, call, next), last);
}
