import type { RequestListener } from "node:http";
import type { FastifyInstance } from "fastify";
import { problemOfFrameworkError } from "../framework.ts";
import { serveLegacy } from "../legacy/serve.ts";
import { withRoutesBelow } from "../legacy/routes-below.ts";
import { shedding } from "../limits/shedding.ts";
import type { Limits } from "../limits.ts";
import { memberStep } from "../member.ts";
import type { GatewayOptions } from "../options.ts";
import { pendingCalls } from "../pending.ts";
import { responder } from "../respond.ts";
import { routesOf, streamRoutesOf, type AnyRoute } from "../routes.ts";
import type { EdgeExtras } from "../server/server.ts";
import { guarded, inOrder, type Refuse, type Step } from "../stage.ts";
import { serveFiles } from "../static/serve.ts";
import { serveStreams } from "../stream/serve.ts";
import { streamUpgrader } from "../stream/upgrade.ts";
import { newTraceparent } from "../trace.ts";
import type { Versions } from "../versions/versions.ts";
import { wishOf } from "../versions/wish.ts";
import { serveContracts, type ServedRoute } from "./contracts.ts";
import { ownPaths, serveOwnPages } from "./own-pages.ts";
import { refusals, refuserOf } from "./refusals.ts";
import { stagesOf } from "./stages.ts";

export interface Serving {
  readonly options: GatewayOptions;
  readonly limits: Limits;
  readonly draining: () => boolean;
  /** What the server below asks of the routes. */
  readonly extras: EdgeExtras;
  readonly versions: Versions;
}

/** All that a gateway answers. */
export interface Served {
  readonly handle: RequestListener;
  readonly routes: readonly { readonly method: string; readonly path: string }[];
}

/**
 * Composes what answers the routes of all contracts, and gives `app` the gateway's own pages and what answers where no contract
 * has a route.
 */
export function serve(
  app: FastifyInstance,
  { options, limits, draining, extras, versions }: Serving,
): Served {
  const { contracts, legacy, log, telemetry } = options;
  const routes = withRoutesBelow(routesOf(contracts), legacy);
  const streamRoutes = withRoutesBelow(streamRoutesOf(contracts), legacy);
  const own = ownPaths(options);
  const all = [...routes, ...streamRoutes, ...own.map((path) => ({ method: "GET", path }))];

  const respond = responder(draining);
  const calls = pendingCalls(limits.deadlineMs);
  const load = shedding({ ...limits, underWay: calls.count, log });
  extras.shed = load.refusal;
  app.addHook("onClose", async () => load.close());
  const files =
    options.static && serveFiles(options.static, { issuers: options.issuers ?? [], closing: draining, log });
  const no = refusals({ log, closing: draining, routes: all, files });

  // What is wrong with a body matters only where somebody would read it.
  app.removeAllContentTypeParsers();
  app.setNotFoundHandler(no.notFound);
  app.setErrorHandler((error, request, reply) => {
    if (request.is404) no.notFound(request, reply);
    else no.refuse(request, reply, problemOfFrameworkError(error));
  });
  serveOwnPages(app, options, no, draining);

  const stages = stagesOf({ options, limits, calls, versions });
  function served<R extends AnyRoute>(route: R, lastStep: (route: R, refuse: Refuse) => Step): ServedRoute {
    const refuse = refuserOf(route, log, respond);
    // Some stages go on later, where nobody else would catch what the last step throws.
    const last = guarded(lastStep(route, refuse), refuse);
    return { route, serve: guarded(inOrder(stages(route, refuse), last), refuse) };
  }
  const handling = {
    invoke: options.invoke,
    wishOf: options.releases ? wishOf : undefined,
    cdn: options.cdn ?? false,
    calls,
    respond,
    bounds: limits,
  };
  const streams = serveStreams(options, respond);
  app.addHook("preClose", async () => streams.drain());
  const handle = serveContracts({
    routes: [
      ...routes.map((route) => served(route, (_route, refuse) => memberStep(route, { ...handling, refuse }))),
      ...streamRoutes.map((route) => served(route, streams.step)),
    ],
    own,
    urlBytes: limits.urlBytes,
    newTraceparent: telemetry ? () => telemetry.root() : newTraceparent,
    otherwise: (request, response) => app.routing(request, response),
  });
  if (streamRoutes.length > 0)
    extras.upgraders.push(streamUpgrader(handle, streamRoutes, options.cors?.origins ?? []));
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
  return { handle, routes: all };
}
