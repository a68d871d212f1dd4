import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { acceptJson, problemOfFrameworkError } from "../framework.ts";
import { serveLegacy } from "../legacy/serve.ts";
import { withRoutesBelow } from "../legacy/routes-below.ts";
import { shedding } from "../limits/shedding.ts";
import type { Limits } from "../limits.ts";
import { memberHandler } from "../member.ts";
import type { GatewayOptions } from "../options.ts";
import { pendingCalls } from "../pending.ts";
import type { Problem } from "../problems/problem.ts";
import { responder } from "../respond.ts";
import { routesOf, streamRoutesOf } from "../routes.ts";
import { bodyDeadline } from "../server/body-deadline.ts";
import type { EdgeExtras } from "../server/server.ts";
import { serveFiles } from "../static/serve.ts";
import { serveStreams } from "../stream/serve.ts";
import { streamUpgrader } from "../stream/upgrade.ts";
import type { Versions } from "../versions/versions.ts";
import { wishOf } from "../versions/wish.ts";
import { ownPaths, serveOwnPages } from "./own-pages.ts";
import { refusals } from "./refusals.ts";
import { stagesOf } from "./stages.ts";

export interface Serving {
  readonly options: GatewayOptions;
  readonly limits: Limits;
  readonly draining: () => boolean;
  /** What the server below asks of the routes. */
  readonly extras: EdgeExtras;
  readonly versions: Versions;
}

/** Gives a server the routes of all contracts and the gateway's own, and what answers where none does. Gives them all. */
export function serve(
  app: FastifyInstance,
  { options, limits, draining, extras, versions }: Serving,
): readonly { readonly method: string; readonly path: string }[] {
  const { contracts, legacy, log } = options;
  const routes = withRoutesBelow(routesOf(contracts), legacy);
  const streamRoutes = withRoutesBelow(streamRoutesOf(contracts), legacy);
  const own = ownPaths(options).map((path) => ({ method: "GET", path }));
  const all = [...routes, ...streamRoutes, ...own];

  const respond = responder(draining);
  const calls = pendingCalls(limits.deadlineMs);
  const load = shedding({ ...limits, underWay: calls.count, log });
  extras.shed = load.refusal;
  app.addHook("onClose", async () => load.close());
  const files =
    options.static && serveFiles(options.static, { issuers: options.issuers ?? [], closing: draining, log });
  const no = refusals({ log, respond, routes: all, files });

  app.decorateRequest("actor", undefined);
  acceptJson(app, limits);
  app.setNotFoundHandler(no.notFound);
  app.setErrorHandler((error, request, reply) => {
    // What is wrong with a body matters only where somebody would read it.
    if (request.is404) no.notFound(request, reply);
    else no.refuse(request, reply, problemOfFrameworkError(error));
  });
  serveOwnPages(app, options, no, draining);

  const stages = stagesOf(options, calls, versions);
  for (const route of routes) {
    const refuse = (request: FastifyRequest, reply: FastifyReply, found: Problem) =>
      no.refuse(request, reply, found, route);
    const timely = legacy && route.hasBody ? [bodyDeadline(limits.requestMs)] : [];
    app.route({
      method: route.method,
      url: route.path,
      onRequest: [...timely, ...stages(route, refuse)],
      handler: memberHandler(route, {
        invoke: options.invoke,
        wishOf: options.releases ? wishOf : undefined,
        cdn: options.cdn ?? false,
        calls,
        respond,
        bounds: limits,
        refuse,
      }),
    });
  }
  if (streamRoutes.length > 0) {
    const streams = serveStreams(app, {
      options,
      routes: streamRoutes,
      stages,
      refuse: no.refuse,
    });
    app.addHook("preClose", async () => streams.drain());
    extras.upgraders.push(streamUpgrader(app, streamRoutes, options.cors?.origins ?? []));
  }
  if (legacy) {
    const answering = serveLegacy(app, legacy, {
      app: options.app,
      trustedProxies: options.trustedProxies ?? 0,
      routes: all,
      closing: draining,
      cors: (options.cors?.origins ?? []).length > 0,
      files,
      refuse: no.refuse,
      otherwise: no.notFound,
    });
    extras.upgraders.push(answering);
    extras.decidesExpectation = answering.takes;
  }
  return all;
}
