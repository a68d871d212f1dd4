import type { FastifyReply, FastifyRequest } from "fastify";
import { pathOf, problemBody, problemHeaders, type Problem } from "./problems/problem.ts";
import { traceIdOf } from "./trace.ts";

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
      reply
        .header("content-type", "application/json; charset=utf-8")
        .header("x-content-type-options", "nosniff");
      if (!forEverybody) reply.header("cache-control", "no-store");
      if (closing()) reply.header("connection", "close");
      reply.send(body);
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
