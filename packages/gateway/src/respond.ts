import type { Exchange } from "./exchange.ts";
import { pathOf, problemBody, problemHeaders, type Problem } from "./problems/problem.ts";
import { traceIdOf, tracesItself } from "./trace.ts";

/** How every answer of a contract's route is written. */
export interface Respond {
  /** Answers with JSON text. */
  json(exchange: Exchange, body: string, cacheControl: string | undefined): void;
  /** Answers without a body: 304 says that what the client has is still right. */
  empty(exchange: Exchange, status: number): void;
  problem(exchange: Exchange, found: Problem): void;
}

/** `closing` tells whether connections should end with their current answer. */
export function responder(closing: () => boolean): Respond {
  function write({ response, headers, varies }: Exchange, status: number, body?: string): void {
    if (varies !== "") headers.push("vary", varies);
    if (body !== undefined) headers.push("content-length", Buffer.byteLength(body));
    if (closing() && !headers.includes("connection")) headers.push("connection", "close");
    // As a list, and the head together with the body: what `setHeader` and `write` would do costs more.
    response.writeHead(status, headers as string[]);
    response.end(body);
  }

  return {
    json(exchange, body, cacheControl) {
      const { request, headers, traceparent } = exchange;
      headers.push("content-type", "application/json; charset=utf-8", "x-content-type-options", "nosniff");
      if (cacheControl !== undefined) headers.push("cache-control", cacheControl);
      if (tracesItself(request)) headers.push("traceparent", traceparent);
      write(exchange, 200, body);
    },
    empty: (exchange, status) => write(exchange, status),
    problem(exchange, found) {
      const { request, response, headers, traceparent } = exchange;
      // Nobody is there to read it.
      if (response.destroyed || response.headersSent) return;
      for (const line of Object.entries(problemHeaders(found, traceparent))) headers.push(...line);
      write(exchange, found.status, problemBody(found, pathOf(request.url!), traceIdOf(traceparent)));
    },
  };
}
