import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { pathOf, problem, type Problem } from "../problems/problem.ts";
import { reportProblem } from "../problems/report.ts";
import type { Respond } from "../respond.ts";
import { methodsAt, type AnyRoute } from "../routes.ts";
import type { ServeFile } from "../static/serve.ts";
import { traceIdOf } from "../trace.ts";

/** How a gateway says no. */
export interface Refusals {
  refuse(request: FastifyRequest, reply: FastifyReply, found: Problem, route?: AnyRoute): void;
  /** Nobody answers here, not even a front end. */
  noSuchRoute(request: FastifyRequest, reply: FastifyReply): void;
  /** No route of a contract takes it: another method does, or a file answers, or nobody. */
  notFound(request: FastifyRequest, reply: FastifyReply): void;
}

export interface RefusalParts {
  readonly log: Logger;
  readonly respond: Respond;
  /** Of contracts, and the gateway's own. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  readonly files: ServeFile | undefined;
}

export function refusals({ log, respond, routes, files }: RefusalParts): Refusals {
  function refuse(request: FastifyRequest, reply: FastifyReply, found: Problem, route?: AnyRoute): void {
    reportProblem(log, found, {
      traceId: traceIdOf(request.id),
      method: request.method,
      ...(route === undefined ? {} : { member: route.member.id, route: route.path }),
    });
    respond.problem(request, reply, found);
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
