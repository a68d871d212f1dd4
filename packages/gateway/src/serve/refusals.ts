import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { pathOf, problem, problemBody, problemHeaders, type Problem } from "../problems/problem.ts";
import { reportProblem } from "../problems/report.ts";
import type { Respond } from "../respond.ts";
import { methodsAt, type AnyRoute } from "../routes.ts";
import type { Refuse } from "../stage.ts";
import type { ServeFile } from "../static/serve.ts";
import { traceIdOf } from "../trace.ts";

/** Says no where a contract has a route. */
export function refuserOf(route: AnyRoute, log: Logger, respond: Respond): Refuse {
  return (exchange, found) => {
    const traceId = traceIdOf(exchange.traceparent);
    const { method } = exchange.request;
    reportProblem(log, found, { traceId, method: method!, member: route.member.id, route: route.path });
    respond.problem(exchange, found);
  };
}

/** How a gateway says no where a contract has no route. */
export interface Refusals {
  refuse(request: FastifyRequest, reply: FastifyReply, found: Problem): void;
  /** Nobody answers here, not even a front end. */
  noSuchRoute(request: FastifyRequest, reply: FastifyReply): void;
  /** No route of a contract takes it: another method does, or a file answers, or nobody. */
  notFound(request: FastifyRequest, reply: FastifyReply): void;
}

export interface RefusalParts {
  readonly log: Logger;
  /** Whether connections should end with their current answer. */
  readonly closing: () => boolean;
  /** Of contracts, and the gateway's own. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  readonly files: ServeFile | undefined;
}

export function refusals({ log, closing, routes, files }: RefusalParts): Refusals {
  function refuse(request: FastifyRequest, reply: FastifyReply, found: Problem): void {
    const traceId = traceIdOf(request.id);
    reportProblem(log, found, { traceId, method: request.method });
    // Nobody is there to read it.
    if (reply.raw.destroyed || reply.sent) return;
    reply.code(found.status).headers(problemHeaders(found, request.id));
    if (closing()) reply.header("connection", "close");
    reply.send(problemBody(found, pathOf(request.url), traceId));
  }
  function noSuchRoute(request: FastifyRequest, reply: FastifyReply): void {
    refuse(request, reply, problem("no-such-route"));
  }
  function notFound(request: FastifyRequest, reply: FastifyReply): void {
    const allow = methodsAt(routes, pathOf(request.url)).join(", ");
    if (allow !== "") refuse(request, reply, problem("method-not-allowed", { headers: { allow } }));
    else if (files === undefined) noSuchRoute(request, reply);
    else files(request, reply, noSuchRoute);
  }
  return { refuse, noSuchRoute, notFound };
}
