import type { IncomingMessage, ServerResponse } from "node:http";
import { composeGateway, type Gateway } from "../gateway.ts";
import type { GatewayOptions } from "../options.ts";
import { pathOf } from "../problems/problem.ts";
import { methodsAt } from "../routes.ts";

/** A gateway inside of somebody else's server. */
export interface MountedGateway extends Pick<Gateway, "drain" | "versions"> {
  /** Whether this request is for one of its routes. Its path is the one below the place where it is mounted. */
  takes(request: IncomingMessage): boolean;
  /**
   * Answers a request of which nothing was read yet. Limits of headers and time are those of the server that it came to.
   * @throws Error where the body was read before
   */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/**
 * Makes a gateway that does not listen: another server hands it requests. It has no WebSockets and no existing
 * application behind it: both are that server's.
 * @throws DeclarationError for a contract, route or option that cannot be served
 */
export async function mountGateway(options: Omit<GatewayOptions, "legacy">): Promise<MountedGateway> {
  const { app, edge, state, versions, routes } = await composeGateway(options);
  await app.ready();
  const hasCors = (options.cors?.origins ?? []).length > 0;
  const pending = new Set<ServerResponse>();
  let settled: (() => void) | undefined;

  return {
    takes({ method = "", url = "" }) {
      const methods = methodsAt(routes, pathOf(url));
      return methods.includes(method) || (hasCors && method === "OPTIONS" && methods.length > 0);
    },
    handle(request, response) {
      if (request.readableDidRead && hasBody(request))
        throw new Error("the body was read before Kerf got it: mount Kerf before what reads bodies");
      pending.add(response);
      response.once("close", () => {
        pending.delete(response);
        if (pending.size === 0) settled?.();
      });
      edge.server.emit("request", request, response);
    },
    async drain(graceMs) {
      state.draining = true;
      if (pending.size > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        settled = resolve;
        const timer = setTimeout(() => {
          for (const response of pending) response.destroy();
        }, graceMs);
        await promise;
        clearTimeout(timer);
      }
      await app.close();
      versions.close();
    },
    versions: versions.use,
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
