import type { IncomingMessage, ServerResponse } from "node:http";
import type { SpanType, Telemetry } from "@kerf/runtime/telemetry";
import type { FastifyInstance } from "fastify";
import { pathOf } from "./problems/problem.ts";
import type { AnyRoute } from "./routes.ts";
import type { Stage } from "./stage.ts";

interface AboutRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Of a path that a stranger chose. */
const pathAtMost = 256;

/**
 * Requests for one pattern; undefined for those that fit none. The query of a URL is not told, which may hold anything.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
function requestsFor(route: string | undefined): SpanType<AboutRequest> {
  return {
    kind: "server",
    service: () => "gateway",
    name: ({ request }) => (route === undefined ? request.method! : `${request.method} ${route}`),
    attributes: ({ request, response }) => ({
      "http.request.method": request.method,
      "http.route": route,
      // None where the client went away before the answer.
      "http.response.status_code": response.headersSent ? response.statusCode : undefined,
      "url.path": pathOf(request.url!).slice(0, pathAtMost),
      "url.scheme": "http",
    }),
  };
}

/** Tells of each request for a contract's route: its span is the first of a trace. */
export function traceStage(telemetry: Telemetry, { member, path }: AnyRoute): Stage {
  const requests = requestsFor(path);
  // A stream lasts as long as its reader wants.
  const type = member.kind === "stream" ? { ...requests, lasting: true as const } : requests;
  return (next) => (exchange) => {
    trace(telemetry, type, exchange, exchange.traceparent);
    next(exchange);
  };
}

/** Tells of each request for anything else. */
export function traceRequests(app: FastifyInstance, telemetry: Telemetry): void {
  const types = new Map<string | undefined, SpanType<AboutRequest>>();
  app.addHook("onRequest", ({ raw, id, is404, routeOptions }, reply, done) => {
    const route = is404 ? undefined : routeOptions.url;
    let type = types.get(route);
    if (type === undefined) types.set(route, (type = requestsFor(route)));
    trace(telemetry, type, { request: raw, response: reply.raw }, id);
    done();
  });
}

function trace(
  telemetry: Telemetry,
  type: SpanType<AboutRequest>,
  about: AboutRequest,
  traceparent: string,
): void {
  const span = telemetry.beginRoot(type, about, traceparent);
  // Whatever becomes of it, once. Fastify's own hook for the end would cost twice as much.
  about.response.on("close", function end(this: ServerResponse) {
    span.end(this.statusCode < 500 ? undefined : { type: String(this.statusCode), fault: true });
  });
}
