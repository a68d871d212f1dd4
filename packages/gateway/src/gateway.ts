import type { AddressInfo, Socket } from "node:net";
import { checkContract } from "@kerf/runtime/validate";
import type { MemberUse } from "@kerf/runtime/versions";
import { DeclarationError } from "kerf";
import fastify, { type FastifyInstance } from "fastify";
import { allowOrigins } from "./cors.ts";
import { isDevelopmentIdentity, isLoopback } from "./identity/development.ts";
import { limitsOf, type Limits } from "./limits.ts";
import { readLegacy } from "./legacy/settings.ts";
import { listen } from "./listen.ts";
import type { GatewayOptions } from "./options.ts";
import { reportProblem } from "./problems/report.ts";
import { routesOf, streamRoutesOf } from "./routes.ts";
import { serve } from "./serve/serve.ts";
import { answerClientError } from "./server/client-error.ts";
import { edgeServer, noExtras, type EdgeExtras, type EdgeServer } from "./server/server.ts";
import { newTraceparent } from "./trace.ts";
import { traceRequests } from "./traced.ts";
import { servedVersions } from "./versions/versions.ts";

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
  if (options.telemetry?.spans) traceRequests(app, options.telemetry);
  const declared = [...routesOf(options.contracts), ...streamRoutesOf(options.contracts)];
  await allowOrigins(app, options.cors?.origins ?? [], options.legacy ? declared : undefined);
  const versions = servedVersions({ ...options, routes: declared });
  const { handle, routes } = serve(app, {
    options,
    limits,
    draining: () => state.draining,
    extras,
    versions,
  });
  extras.handle = handle;
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
  const edge = edgeServer({ ...limits, requestMs }, (found) => reportProblem(options.log, found, {}), extras);
  const { telemetry } = options;
  // It answers what is no contract's.
  const app = fastify({
    // Its log would make a child for every request; the gateway writes its own lines.
    logger: false,
    // The id of a request is its trace context.
    genReqId: telemetry ? () => telemetry.root() : newTraceparent,
    routerOptions: { maxParamLength: limits.urlBytes },
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    serverFactory: () => edge.server,
  });
  return { app, edge };
}

function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address that this machine can connect to, where it listens on all. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}
