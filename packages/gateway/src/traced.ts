import type { ServerResponse } from "node:http";
import type { SpanType, Telemetry } from "@kerf/runtime/telemetry";
import type { FastifyInstance } from "fastify";
import type { Exchange } from "./exchange.ts";
import { pathOf } from "./problems/problem.ts";
import type { AnyRoute } from "./routes.ts";
import type { Stage } from "./stage.ts";

interface AboutRequest {
  readonly method: string;
  readonly path: string;
  /** The pattern; undefined where none fits. */
  readonly route: string | undefined;
  /** Undefined where the client went away before the answer. */
  status: number | undefined;
}

/** Of a path that a stranger chose. */
const pathAtMost = 256;

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
const requests: SpanType<AboutRequest> = {
  kind: "server",
  service: () => "gateway",
  name: ({ method, route }) => (route === undefined ? method : `${method} ${route}`),
  attributes: ({ method, path, route, status }) => ({
    "http.request.method": method,
    "http.route": route,
    "http.response.status_code": status,
    "url.path": path,
    "url.scheme": "http",
  }),
};

/** One that lasts as long as its reader wants. */
const streams: SpanType<AboutRequest> = { ...requests, lasting: true };

/** Tells of each request for a contract's route: its span is the first of a trace. */
export function traceStage(telemetry: Telemetry, { member, path }: AnyRoute): Stage {
  const type = member.kind === "stream" ? streams : requests;
  return (next) => (exchange) => {
    trace(telemetry, type, exchange, path);
    next(exchange);
  };
}

/** Tells of each request for anything else. */
export function traceRequests(app: FastifyInstance, telemetry: Telemetry): void {
  app.addHook("onRequest", ({ raw, id, is404, routeOptions }, reply, done) => {
    const route = is404 ? undefined : routeOptions.url;
    trace(telemetry, requests, { request: raw, response: reply.raw, traceparent: id }, route);
    done();
  });
}

/** The query of its URL is not told, which may hold anything. */
function trace(
  telemetry: Telemetry,
  type: SpanType<AboutRequest>,
  { request, response, traceparent }: Pick<Exchange, "request" | "response" | "traceparent">,
  route: string | undefined,
): void {
  const about: AboutRequest = {
    method: request.method!,
    path: pathOf(request.url!).slice(0, pathAtMost),
    route,
    status: undefined,
  };
  const span = telemetry.beginRoot(type, about, traceparent);
  // Whatever becomes of it, once. Fastify's own hook for the end would cost twice as much.
  response.on("close", function end(this: ServerResponse) {
    if (this.headersSent) about.status = this.statusCode;
    span.end(this.statusCode < 500 ? undefined : { type: String(this.statusCode), fault: true });
  });
}
