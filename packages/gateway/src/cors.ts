import fastifyCors, { type FastifyCorsOptions } from "@fastify/cors";
import { DeclarationError } from "kerf";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { pathOf } from "./problems/problem.ts";
import { methodsAt } from "./routes.ts";
import type { Stage } from "./stage.ts";

/** How long a browser may remember what it was allowed. */
const PREFLIGHT_SECONDS = 600;

/** What scripts may read of an answer, besides what they always may. */
const exposedHeaders = [
  "etag",
  "idempotency-key",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "traceparent",
];

/**
 * Lets pages of the given origins read answers of a contract's route. Credentials are not cookies here, so browsers need not be
 * told to send any. May they ask at all? {@link allowOrigins} says so.
 */
export function crossOriginStage(origins: readonly string[]): Stage {
  const exposed = exposedHeaders.join(", ");
  return (next) => (exchange) => {
    const { origin } = exchange.request.headers;
    exchange.vary("Origin");
    if (origin !== undefined && origins.includes(origin))
      exchange.headers.push("access-control-allow-origin", origin);
    exchange.headers.push("access-control-expose-headers", exposed);
    next(exchange);
  };
}

/**
 * Answers the questions of browsers whether pages of the given origins may call (preflights), and lets them read what is no
 * contract's. With `routes`, only those: what else there is has rules of its own.
 * @throws DeclarationError for an entry that is not an origin
 */
export async function allowOrigins(
  app: FastifyInstance,
  origins: readonly string[],
  routes?: Parameters<typeof methodsAt>[0],
): Promise<void> {
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
  const rules: FastifyCorsOptions = {
    origin: [...origins],
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id"],
    exposedHeaders,
    maxAge: PREFLIGHT_SECONDS,
    // An OPTIONS request that is no preflight is answered alike, not with the plugin's own text.
    strictPreflight: false,
  };
  if (routes === undefined) await app.register(fastifyCors, rules);
  else
    await app.register(fastifyCors, () => (request: FastifyRequest, done: Told) => {
      done(null, isFor(request, routes) ? rules : { origin: false });
    });
}

type Told = (error: Error | null, options: FastifyCorsOptions) => void;

function isFor({ method, url, headers }: FastifyRequest, routes: Parameters<typeof methodsAt>[0]): boolean {
  const asked = method === "OPTIONS" ? headers["access-control-request-method"] : method;
  return asked !== undefined && methodsAt(routes, pathOf(url)).includes(asked);
}
