import type { Span, SpanType, Telemetry } from "@kerf/runtime/telemetry";
import type { FastifyInstance } from "fastify";
import { pathOf } from "./problems/problem.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Where requests are told of. */
    span: Answered | undefined;
  }
}

interface Answered {
  readonly span: Span;
  readonly about: AboutRequest;
}

interface AboutRequest {
  readonly method: string;
  readonly path: string;
  /** The pattern; undefined where none fits. */
  route: string | undefined;
  status: number;
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

/** Tells of each request: its span is the first of a trace. The query of its URL is not told, which may hold anything. */
export function traceRequests(app: FastifyInstance, telemetry: Telemetry): void {
  app.decorateRequest("span", undefined);
  app.addHook("onRequest", (request, _reply, done) => {
    const path = pathOf(request.url).slice(0, pathAtMost);
    const about: AboutRequest = { method: request.method, path, route: undefined, status: 0 };
    request.span = { about, span: telemetry.beginRoot(requests, about, request.id) };
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { span, about } = request.span!;
    about.route = request.is404 ? undefined : request.routeOptions.url;
    about.status = reply.statusCode;
    span.end(reply.statusCode < 500 ? undefined : { type: String(reply.statusCode), fault: true });
    done();
  });
}
