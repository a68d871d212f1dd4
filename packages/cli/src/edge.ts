import type { Gateway, GatewayOptions, MountedGateway } from "@kerf/gateway";
import { contractsOf, type Graph, type RunningUnit } from "@kerf/runtime";
import type { Logger } from "@kerf/runtime/log";
import type { Redis } from "@kerf/runtime/redis";
import type { Telemetry } from "@kerf/runtime/telemetry";
import { successors } from "@kerf/runtime/versions";
import type { IdentitySettings, LegacySettings } from "kerf";
import { servedByHand } from "./handed.ts";
import { asyncapi } from "./exports/asyncapi/document.ts";
import { identitySettings } from "./identity.ts";
import { referenceOf } from "./reference.ts";
import type { Settings } from "./settings.ts";

export interface EdgeParts {
  readonly graph: Graph;
  readonly log: Logger;
  readonly settings: Settings;
  /** The unit that calls go into. */
  readonly running: RunningUnit;
  /** Where the process has one. */
  readonly redis: Redis | undefined;
  readonly telemetry?: Telemetry | undefined;
}

/** Composes the gateway of one process, from the application's declaration and the environment. */
export async function openEdge(parts: EdgeParts): Promise<Gateway> {
  const { settings } = parts;
  // The other units have no use for the code of an HTTP server.
  const { startGateway } = await import("@kerf/gateway");
  const gateway = await startGateway(await edgeOptions(parts));
  return settings.handed
    ? servedByHand(gateway, `${settings.gateway.host}:${settings.gateway.port}`)
    : gateway;
}

/** The same gateway, for a server that is there already: what stands behind it is that server's. */
export async function mountEdge(parts: EdgeParts): Promise<MountedGateway> {
  const { mountGateway } = await import("@kerf/gateway");
  const { legacy: _, ...options } = await edgeOptions(parts);
  return await mountGateway(options);
}

async function edgeOptions(parts: EdgeParts): Promise<GatewayOptions> {
  const { graph, log, settings, running, redis, telemetry } = parts;
  const { openIdentity } = await import("@kerf/gateway");
  const { cors, limits, static: files } = graph.app.gateway;
  const { developmentIdentity: development, identity } = settings;
  const providers = identitySettings(graph.app.name, graph.app.gateway.identity, identity);
  const issuers = issuersOf(providers);
  const legacy = legacyOf(graph.app.gateway.legacy, settings.legacyUrl);
  return {
    app: graph.app.name,
    contracts: contractsOf(graph),
    host: settings.gateway.host,
    port: settings.handed ? 0 : settings.gateway.port,
    invoke: (call) => running.invoke(call),
    watch: (call) => running.watch(call),
    ready: () => running.ready(),
    log,
    telemetry,
    ...(cors ? { cors } : {}),
    static: files,
    rateLimits: limits,
    trustedProxies: settings.trustedProxies,
    successors: successors(graph),
    releases: settings.releasesFile !== undefined,
    legacy,
    redis: redis?.client,
    cdn: graph.app.gateway.cdn !== undefined,
    issuers: issuers.map((issuer) => new URL(issuer).origin),
    credentials: { issuers, apiKeys: identity.apiKeysFile !== undefined, development },
    // Its messages are nobody's business outside.
    asyncapi: development ? () => asyncapi(graph) : undefined,
    // An existing application may have a /docs of its own.
    reference: referenceOf(graph.app.gateway.reference, development && legacy === undefined),
    identify: openIdentity({ providers, apiKeysFile: identity.apiKeysFile, development, log }),
  };
}

function issuersOf(providers: IdentitySettings | undefined): readonly string[] {
  return providers === undefined ? [] : [providers].flat().map(({ issuer }) => issuer);
}

/** An application that stands elsewhere on this machine; what is said about it stays. */
function legacyOf(declared: LegacySettings | undefined, url: string | undefined): LegacySettings | undefined {
  if (url === undefined) return declared;
  return typeof declared === "object" ? { ...declared, url } : url;
}
