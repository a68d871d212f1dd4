import type { FastifyInstance, FastifyRequest } from "fastify";

export const metadataPath = "/.well-known/oauth-protected-resource";

const plausibleHost = /^(?:[a-z\d.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * Tells clients where people log in, so that a front end need not be built for one provider.
 * @see https://www.rfc-editor.org/rfc/rfc9728
 */
export function serveMetadata(
  app: FastifyInstance,
  { issuers, proxied }: { readonly issuers: readonly string[]; readonly proxied: boolean },
): void {
  app.get(metadataPath, (request, reply) => {
    // A client compares it to what it asked (RFC 9728 section 3.3), which only the request tells.
    const resource = originOf(request, proxied);
    reply
      .code(resource === undefined ? 400 : 200)
      .header("content-type", "application/json; charset=utf-8")
      .header("cache-control", "no-store")
      .header("x-content-type-options", "nosniff")
      .send(
        JSON.stringify({
          ...(resource === undefined ? {} : { resource }),
          authorization_servers: issuers,
          bearer_methods_supported: ["header"],
        }),
      );
  });
}

function originOf({ headers }: FastifyRequest, proxied: boolean): string | undefined {
  const { host = "" } = headers;
  if (!plausibleHost.test(host)) return undefined;
  const secure = proxied && headers["x-forwarded-proto"] !== "http";
  return `${secure ? "https" : "http"}://${host}`;
}
