import { METHODS, type IncomingMessage, type ServerResponse } from "node:http";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { MountedGateway } from "./mount.ts";

/** As Express and Connect have it, without a need for either. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** For `app.use("/shop", …)` of Express, before whatever reads bodies. What Kerf has no route for goes on to the next. */
export function expressMiddleware(gateway: MountedGateway): Middleware {
  return (request, response, next) => {
    if (!gateway.takes(request)) return next();
    try {
      gateway.handle(request, response);
    } catch (error) {
      next(error);
    }
  };
}

/** For `app.register(…, { prefix: "/shop" })` of Fastify. What Kerf has no route for is answered as the app does. */
export function fastifyPlugin(gateway: MountedGateway): FastifyPluginAsync {
  return async (host: FastifyInstance) => {
    host.route({
      method: METHODS.filter((method) => host.supportedMethods.includes(method)),
      url: "/*",
      exposeHeadRoute: false,
      // Here, since nothing has read the body yet.
      onRequest(request, reply) {
        const { raw } = request;
        const { url } = raw;
        raw.url = below(url!, host.prefix);
        if (!gateway.takes(raw)) {
          raw.url = url!;
          return void reply.callNotFound();
        }
        reply.hijack();
        gateway.handle(raw, reply.raw);
      },
      handler: () => {},
    });
  };
}

/** `"/v1/stock?a=b"` of `"/shop/v1/stock?a=b"`. */
function below(url: string, prefix: string): string {
  const rest = url.slice(prefix.replace(/\/$/, "").length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}
