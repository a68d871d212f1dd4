import type { FastifyInstance } from "fastify";
import { serveHealth } from "../health.ts";
import { metadataPath, serveMetadata } from "../identity/metadata.ts";
import { openapi } from "../openapi/document.ts";
import { serveDocument } from "../openapi/serve.ts";
import type { GatewayOptions } from "../options.ts";
import { serveProblemPages } from "../problems/pages.ts";
import { referencePaths, serveReference } from "../reference/serve.ts";
import type { Refusals } from "./refusals.ts";

/** What a gateway answers besides the routes of contracts. */
export function ownPaths({ credentials, reference, asyncapi }: GatewayOptions): readonly string[] {
  return [
    "/livez",
    "/readyz",
    "/openapi.json",
    "/problems/:name",
    "/problems/:contract/:code",
    ...(credentials?.issuers?.length ? [metadataPath] : []),
    ...(reference ? referencePaths : []),
    ...(asyncapi ? ["/asyncapi.json"] : []),
  ];
}

/** Health, documents, the reference for callers, and a page for each problem. */
export function serveOwnPages(
  app: FastifyInstance,
  options: GatewayOptions,
  { noSuchRoute }: Refusals,
  draining: () => boolean,
): void {
  const { contracts, app: title, credentials = {} } = options;
  const issuers = credentials.issuers ?? [];
  serveHealth(app, () => !draining() && options.ready());
  const document = openapi(contracts, { title, credentials });
  serveDocument(app, "/openapi.json", () => document);
  if (options.asyncapi) serveDocument(app, "/asyncapi.json", options.asyncapi);
  if (options.reference) serveReference(app, options.reference, { title, issuers, noSuchRoute });
  serveProblemPages(app, contracts, noSuchRoute);
  if (issuers.length > 0) serveMetadata(app, { issuers, proxied: (options.trustedProxies ?? 0) > 0 });
}
