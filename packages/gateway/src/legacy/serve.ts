import { METHODS } from "node:http";
import type { LegacySettings } from "kerf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { pathOf, type Problem } from "../problems/problem.ts";
import { methodsAt } from "../routes.ts";
import type { Upgrader } from "../server/upgrade.ts";
import { legacyConnections } from "./connection.ts";
import { forward, type Forwarding } from "./forward.ts";
import { isLegacyPath, readLegacy } from "./settings.ts";
import { forwardUpgrade } from "./upgrade.ts";

export interface LegacyParts {
  readonly app: string;
  readonly trustedProxies: number;
  /** What the gateway answers itself. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  readonly closing: () => boolean;
  /** Whether there are rules about other origins. */
  readonly cors: boolean;
  /** Files of a front end come first. */
  readonly files: ServeFirst | undefined;
  refuse(request: FastifyRequest, reply: FastifyReply, found: Problem): void;
  otherwise(request: FastifyRequest, reply: FastifyReply): void;
}

type Handle = (request: FastifyRequest, reply: FastifyReply) => void;
type ServeFirst = (request: FastifyRequest, reply: FastifyReply, otherwise: Handle) => void;

/**
 * Lets an existing application answer what no route does, method by method: a route of a contract wins, another method of
 * its path is the application's.
 * @returns what takes requests to change the protocol, where no route has their path
 * @throws DeclarationError for settings that cannot be used
 */
export function serveLegacy(app: FastifyInstance, settings: LegacySettings, parts: LegacyParts): Upgrader {
  const target = readLegacy(settings);
  const connections = legacyConnections(target);
  const forwarding: Forwarding = {
    target,
    connections,
    trustedProxies: parts.trustedProxies,
    pseudonym: `kerf-${parts.app}`,
    closing: parts.closing,
  };
  app.addHook("onClose", (_app, done) => {
    connections.close();
    done();
  });

  function send(request: FastifyRequest, reply: FastifyReply): void {
    if (!isLegacyPath(target, request.url)) return parts.otherwise(request, reply);
    forward(request.raw, reply.raw, request.id, forwarding, (found) => parts.refuse(request, reply, found));
  }
  const { files } = parts;
  const handle: Handle = files === undefined ? send : (request, reply) => files(request, reply, send);

  // The rules about other origins have a route for OPTIONS already, and answer for contracts before this hook.
  if (parts.cors)
    app.addHook("onRequest", (request, reply, done) => {
      if (request.method === "OPTIONS" && isAnywhere(request)) handle(request, reply);
      else done();
    });
  const methods = METHODS.filter((method) => method !== "CONNECT" && !(parts.cors && method === "OPTIONS"));
  for (const method of methods) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  app.route({
    method: methods,
    url: "/*",
    exposeHeadRoute: false,
    // Here, since nothing has read the body yet; what follows in a request's life is not for this one.
    onRequest: (request, reply) => handle(request, reply),
    handler: () => {},
  });
  return {
    takes: ({ method = "", url = "" }) =>
      isLegacyPath(target, url) && !methodsAt(parts.routes, pathOf(url)).includes(method),
    upgrade: (request, socket, head, refuse) => forwardUpgrade(request, socket, head, forwarding, refuse),
  };
}

function isAnywhere({ routeOptions: { url } }: FastifyRequest): boolean {
  return url === "*" || url === "/*";
}
