import type { Gateway } from "@kerf/gateway";
import { contractsOf, type Graph, type RunningUnit } from "@kerf/runtime";
import type { Logger } from "@kerf/runtime/log";
import type { Redis } from "@kerf/runtime/redis";
import { successors } from "@kerf/runtime/versions";
import type { LegacySettings } from "kerf";
import { identitySettings } from "./identity.ts";
import type { Settings } from "./settings.ts";

export interface EdgeParts {
  readonly graph: Graph;
  readonly log: Logger;
  readonly settings: Settings;
  /** The unit that calls go into. */
  readonly running: RunningUnit;
  /** Where the process has one. */
  readonly redis: Redis | undefined;
}

/** Composes the gateway of one process, from the application's declaration and the environment. */
export async function openEdge({ graph, log, settings, running, redis }: EdgeParts): Promise<Gateway> {
  // The other units have no use for the code of an HTTP server.
  const { openIdentity, startGateway } = await import("@kerf/gateway");
  const { cors, limits, static: files } = graph.app.gateway;
  return await startGateway({
    app: graph.app.name,
    contracts: contractsOf(graph),
    ...settings.gateway,
    invoke: (call) => running.invoke(call),
    ready: () => running.ready(),
    log,
    ...(cors ? { cors } : {}),
    static: files,
    rateLimits: limits,
    trustedProxies: settings.trustedProxies,
    successors: successors(graph),
    legacy: legacyOf(graph.app.gateway.legacy, settings.legacyUrl),
    redis: redis?.client,
    identify: openIdentity({
      providers: identitySettings(graph.app.name, graph.app.gateway.identity, settings.identity),
      apiKeysFile: settings.identity.apiKeysFile,
      development: settings.developmentIdentity,
      log,
    }),
  });
}

/** An application that stands elsewhere on this machine; what is said about it stays. */
function legacyOf(declared: LegacySettings | undefined, url: string | undefined): LegacySettings | undefined {
  if (url === undefined) return declared;
  return typeof declared === "object" ? { ...declared, url } : url;
}
