import fastifyCors from "@fastify/cors";
import { DeclarationError } from "kerf";
import type { FastifyInstance } from "fastify";

/** How long a browser may remember what it was allowed. */
const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of the given origins call. Credentials are not cookies here, so browsers need not be told to send any.
 * @throws DeclarationError for an entry that is not an origin
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin) {
      throw new DeclarationError(
        "gateway.cors.origins",
        `"${origin}" is not an origin`,
        'write scheme, host and port and nothing else, such as "https://shop.example"',
      );
    }
  }
  if (origins.length === 0) return;
  await app.register(fastifyCors, {
    origin: [...origins],
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key"],
    exposedHeaders: ["idempotency-key", "ratelimit", "ratelimit-policy", "retry-after", "traceparent"],
    maxAge: PREFLIGHT_SECONDS,
    // An OPTIONS request that is no preflight is answered alike, not with the plugin's own text.
    strictPreflight: false,
  });
}
