import type { AddressInfo, Socket } from "node:net";
import { checkContract } from "@kerf/runtime/validate";
import type { MemberUse } from "@kerf/runtime/versions";
import { DeclarationError, type Actor } from "kerf";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { acceptJson, problemOfFrameworkError } from "./framework.ts";
import { allowOrigins } from "./cors.ts";
import { serveHealth } from "./health.ts";
import { isDevelopmentIdentity, isLoopback } from "./identity/development.ts";
import { identityHook } from "./identity/hook.ts";
import { metadataPath, serveMetadata } from "./identity/metadata.ts";
import { rateLimits } from "./limits/rates.ts";
import { shedding } from "./limits/shedding.ts";
import { limitsOf, type Limits } from "./limits.ts";
import { readLegacy } from "./legacy/settings.ts";
import { withRoutesBelow } from "./legacy/routes-below.ts";
import { serveLegacy } from "./legacy/serve.ts";
import { listen } from "./listen.ts";
import { memberHandler } from "./member.ts";
import { openapi } from "./openapi/document.ts";
import { serveDocument } from "./openapi/serve.ts";
import type { GatewayOptions } from "./options.ts";
import { pendingCalls } from "./pending.ts";
import { referencePaths, serveReference } from "./reference/serve.ts";
import { serveProblemPages } from "./problems/pages.ts";
import { pathOf, problem, type Problem } from "./problems/problem.ts";
import { reportProblem } from "./problems/report.ts";
import { responder } from "./respond.ts";
import { methodsAt, routesOf, streamRoutesOf, type AnyRoute, type Route } from "./routes.ts";
import { answerClientError } from "./server/client-error.ts";
import { bodyDeadline } from "./server/body-deadline.ts";
import { edgeServer, noExtras, type EdgeExtras, type EdgeServer } from "./server/server.ts";
import { serveFiles } from "./static/serve.ts";
import { serveStreams } from "./stream/serve.ts";
import { streamUpgrader } from "./stream/upgrade.ts";
import { newTraceparent, traceIdOf } from "./trace.ts";
import { servedVersions, type Versions } from "./versions/versions.ts";
import { wishOf } from "./versions/wish.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; undefined is a stranger. */
    actor: Actor | undefined;
  }
}

export interface Gateway {
  /** `"host:port"` that it listens on. */
  readonly address: string;
  /** `"http://127.0.0.1:4000"`, without a slash at the end. */
  readonly url: string;
  /** Serves a connection that another process accepted for it. */
  accept(socket: Socket): void;
  /** Accepts no more connections, ends each with its current answer, and after `graceMs` cuts what is left. */
  drain(graceMs: number): Promise<void>;
  /** Who used which version, of contracts that have several and of members that are to go. */
  versions(): readonly MemberUse[];
}

/**
 * Starts the edge: one HTTP/1.1 server for every member with a route, with `/openapi.json`, `/livez`, `/readyz` and a
 * page for each problem type.
 * @throws DeclarationError for a contract, route or option that cannot be served
 * @throws ListenError where the address is taken or cannot be had
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { app, edge, state, versions } = await composeGateway(options);
  await listen(app, options.host, options.port);

  const { address, port } = app.server.address() as AddressInfo;
  return {
    address: hostAndPort(address, port),
    url: `http://${hostAndPort(reachable(address), port)}`,
    accept: edge.accept,
    async drain(graceMs) {
      state.draining = true;
      await edge.closeConnections(graceMs, app.close());
      versions.close();
    },
    versions: versions.use,
  };
}

/** All of a gateway but its listening. */
export async function composeGateway(options: GatewayOptions) {
  assertIdentity(options);
  options.contracts.forEach(checkContract);
  const trustedProxies = options.trustedProxies ?? 0;
  const reachedByOthers = !isLoopback(options.host) || trustedProxies > 0;
  const limits = limitsOf(options.limits, { reachedByOthers, trustedProxies });
  const state = { draining: false };
  const extras = noExtras();
  const { app, edge } = serverOf(options, limits, extras);
  await allowOrigins(
    app,
    options.cors?.origins ?? [],
    options.legacy ? [...routesOf(options.contracts), ...streamRoutesOf(options.contracts)] : undefined,
  );
  const versions = servedVersions({
    ...options,
    routes: [...routesOf(options.contracts), ...streamRoutesOf(options.contracts)],
  });
  const routes = serve(app, options, limits, () => state.draining, extras, versions);
  return { app, edge, state, versions, routes };
}

function assertIdentity({ identify, host }: GatewayOptions): void {
  if (identify && isDevelopmentIdentity(identify) && !isLoopback(host)) {
    throw new DeclarationError(
      "gateway.identify",
      `developmentIdentity() believes anybody, and ${host} is reached from other machines`,
      "listen on 127.0.0.1, or use real identities",
    );
  }
}

function serverOf(
  options: GatewayOptions,
  limits: Limits,
  extras: EdgeExtras,
): { app: FastifyInstance; edge: EdgeServer } {
  // Uploads to an existing application may take their time; contracts hold on to theirs by themselves.
  const requestMs = options.legacy ? readLegacy(options.legacy).timeouts.requestMs : limits.requestMs;
  let edge: EdgeServer | undefined;
  const app = fastify({
    // Its log would make a child for every request; the gateway writes its own lines.
    logger: false,
    // The id of a request is its trace context.
    genReqId: newTraceparent,
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: limits.urlBytes },
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    serverFactory(handle) {
      edge = edgeServer(
        handle,
        { ...limits, requestMs },
        (found) => reportProblem(options.log, found, {}),
        extras,
      );
      return edge.server;
    },
  });
  return { app, edge: edge! };
}

function serve(
  app: FastifyInstance,
  options: GatewayOptions,
  limits: Limits,
  draining: () => boolean,
  extras: EdgeExtras,
  versions: Versions,
): readonly { readonly method: string; readonly path: string }[] {
  const routes = routesServed(options);
  const own = [
    "/livez",
    "/readyz",
    "/openapi.json",
    "/problems/:name",
    "/problems/:contract/:code",
    ...(options.credentials?.issuers?.length ? [metadataPath] : []),
    ...(options.reference ? referencePaths : []),
    ...(options.asyncapi ? ["/asyncapi.json"] : []),
  ];
  const streamRoutes = withRoutesBelow(streamRoutesOf(options.contracts), options.legacy);
  const allRoutes = [...routes, ...streamRoutes, ...own.map((path) => ({ method: "GET", path }))];
  const respond = responder(draining);
  const calls = pendingCalls(limits.deadlineMs);
  const load = shedding({ ...limits, underWay: calls.count, log: options.log });
  extras.shed = load.refusal;
  app.addHook("onClose", async () => load.close());

  function refuse(request: FastifyRequest, reply: FastifyReply, found: Problem, route?: AnyRoute): void {
    reportProblem(options.log, found, {
      traceId: traceIdOf(request.id),
      method: request.method,
      ...(route === undefined ? {} : { member: route.member.id, route: route.path }),
    });
    respond.problem(request, reply, found);
  }
  function noSuchRoute(request: FastifyRequest, reply: FastifyReply): void {
    refuse(request, reply, problem("no-such-route"));
  }
  const files =
    options.static &&
    serveFiles(options.static, { issuers: options.issuers ?? [], closing: draining, log: options.log });
  function notFound(request: FastifyRequest, reply: FastifyReply): void {
    const allow = methodsAt(allRoutes, pathOf(request.url)).join(", ");
    if (allow !== "") refuse(request, reply, problem("method-not-allowed", { headers: { allow } }));
    else if (files === undefined) noSuchRoute(request, reply);
    else files(request, reply, noSuchRoute);
  }

  app.decorateRequest("actor", undefined);
  acceptJson(app, limits);
  app.setNotFoundHandler(notFound);
  app.setErrorHandler((error, request, reply) => {
    // What is wrong with a body matters only where somebody would read it.
    if (request.is404) notFound(request, reply);
    else refuse(request, reply, problemOfFrameworkError(error));
  });
  serveHealth(app, () => !draining() && options.ready());
  const credentials = options.credentials ?? {};
  const document = openapi(options.contracts, { title: options.app, credentials });
  serveDocument(app, "/openapi.json", () => document);
  if (options.asyncapi) serveDocument(app, "/asyncapi.json", options.asyncapi);
  if (options.reference)
    serveReference(app, options.reference, {
      title: options.app,
      issuers: credentials.issuers ?? [],
      noSuchRoute,
    });
  serveProblemPages(app, options.contracts, noSuchRoute);
  const trustedProxies = options.trustedProxies ?? 0;
  if (credentials.issuers?.length)
    serveMetadata(app, { issuers: credentials.issuers, proxied: trustedProxies > 0 });
  const rates = rateLimits({
    ...options,
    limits: options.rateLimits,
    reachedByOthers: !isLoopback(options.host) || trustedProxies > 0,
    trustedProxies,
  });
  for (const route of routes) {
    const refuseHere = (request: FastifyRequest, reply: FastifyReply, found: Problem) =>
      refuse(request, reply, found, route);
    const { invoke, identify } = options;
    app.route({
      method: route.method,
      url: route.path,
      onRequest: [
        ...(options.legacy && route.hasBody ? [bodyDeadline(limits.requestMs)] : []),
        ...(identify === undefined && route.member.access === "public"
          ? []
          : [rates.guardIdentity((no) => identityHook(route, identify, calls, no), refuseHere)]),
        ...rates.stages(route.member.id, route.member.limit, refuseHere),
        ...versions.stages(route, refuseHere),
      ],
      handler: memberHandler(route, {
        invoke,
        wishOf: options.releases ? wishOf : undefined,
        cdn: options.cdn ?? false,
        calls,
        respond,
        bounds: limits,
        refuse: refuseHere,
      }),
    });
  }
  if (streamRoutes.length > 0) {
    const streams = serveStreams(app, {
      options,
      routes: streamRoutes,
      stages: (route, no) => [
        rates.guardIdentity((tell) => identityHook(route, options.identify, calls, tell), no),
        ...rates.stages(route.member.id, route.member.limit, no),
        ...versions.stages(route, no),
      ],
      refuse,
    });
    app.addHook("preClose", async () => streams.drain());
    extras.upgraders.push(streamUpgrader(app, streamRoutes, options.cors?.origins ?? []));
  }
  if (options.legacy) {
    const cors = (options.cors?.origins ?? []).length > 0;
    const parts = { app: options.app, trustedProxies, routes: allRoutes, closing: draining, cors, files };
    const legacy = serveLegacy(app, options.legacy, { ...parts, refuse, otherwise: notFound });
    extras.upgraders.push(legacy);
    extras.decidesExpectation = legacy.takes;
  }
  return allRoutes;
}

function routesServed({ contracts, legacy }: GatewayOptions): readonly Route[] {
  return withRoutesBelow(routesOf(contracts), legacy);
}

function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address that this machine can connect to, where it listens on all. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}
