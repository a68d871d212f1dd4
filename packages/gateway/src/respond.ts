import type { FastifyReply, FastifyRequest } from "fastify";
import { pathOf, problemBody, problemHeaders, type Problem } from "./problems/problem.ts";
import { traceIdOf, tracesItself } from "./trace.ts";

/** How every answer of the gateway is written. */
export interface Respond {
  /** Answers with JSON text. What is not for everybody is not to be kept by any cache. */
  json(reply: FastifyReply, body: string, forEverybody: boolean): void;
  /** Says that what the client has is still right (304), with the headers that the answer would have had. */
  notModified(reply: FastifyReply): void;
  problem(request: FastifyRequest, reply: FastifyReply, found: Problem): void;
}

/** `closing` tells whether connections should end with their current answer. */
export function responder(closing: () => boolean): Respond {
  return {
    json(reply, body, forEverybody) {
      const { raw } = reply;
      const lines: unknown[] = [
        "content-type",
        "application/json; charset=utf-8",
        "x-content-type-options",
        "nosniff",
        "content-length",
        Buffer.byteLength(body),
      ];
      const headers = reply.getHeaders();
      for (const name in headers) lines.push(name, headers[name]);
      if (!forEverybody && headers["cache-control"] === undefined) lines.push("cache-control", "no-store");
      if (tracesItself(reply.request)) lines.push("traceparent", reply.request.id);
      if (closing()) lines.push("connection", "close");
      // Fastify's way through serializers and `onSend`, of which there are none here, would cost as much as its routing.
      reply.hijack();
      raw.writeHead(200, lines as string[]);
      raw.end(body);
    },
    notModified(reply) {
      if (closing()) reply.header("connection", "close");
      reply.code(304).send();
    },
    problem(request, reply, found) {
      // Nobody is there to read it.
      if (reply.raw.destroyed || reply.sent) return;
      reply.code(found.status).headers(problemHeaders(found, request.id));
      if (closing()) reply.header("connection", "close");
      reply.send(problemBody(found, pathOf(request.url), traceIdOf(request.id)));
    },
  };
}
