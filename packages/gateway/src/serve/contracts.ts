import type { RequestListener } from "node:http";
import findMyWay from "find-my-way";
import { Exchange } from "../exchange.ts";
import type { AnyRoute } from "../routes.ts";
import type { Step } from "../stage.ts";

/** A route of a contract, with all that is done for it. */
export interface ServedRoute {
  readonly route: AnyRoute;
  readonly serve: Step;
}

export interface ContractParts {
  readonly routes: readonly ServedRoute[];
  /** Paths of the gateway's own, which win over a contract's pattern where both fit. */
  readonly own: readonly string[];
  /** The longest that a parameter in a path may be. */
  readonly urlBytes: number;
  readonly newTraceparent: () => string;
  /** Answers what no contract has a route for. */
  readonly otherwise: RequestListener;
}

/**
 * Answers requests for routes of contracts. They do not go through Fastify, whose objects and hooks for a request cost more than
 * all stages here together; its router is the same.
 * @throws Error for a path that is taken twice
 */
export function serveContracts(parts: ContractParts): RequestListener {
  const { newTraceparent, otherwise } = parts;
  const router = findMyWay({ maxParamLength: parts.urlBytes });
  const noHandler = (): void => {};
  for (const path of parts.own) router.on(["GET", "HEAD"], path, noHandler);
  for (const served of parts.routes) {
    const { method, path } = served.route;
    router.on(method === "GET" ? ["GET", "HEAD"] : method, path, noHandler, served);
  }

  return (request, response) => {
    const found = router.find(request.method as "GET", request.url!);
    const served = found?.store as ServedRoute | null | undefined;
    if (!found || !served) return otherwise(request, response);
    served.serve(new Exchange(request, response, newTraceparent(), found.params, found.searchParams));
  };
}
