import type { ServerResponse } from "node:http";
import type { SpanType, Telemetry } from "@kerf/runtime/telemetry";
import type { FastifyInstance } from "fastify";
import { pathOf } from "./problems/problem.ts";

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

/** What a route that answers by a stream says in its `config`. */
export const lasting = { lasting: true } as const;

/** Tells of each request: its span is the first of a trace. The query of its URL is not told, which may hold anything. */
export function traceRequests(app: FastifyInstance, telemetry: Telemetry): void {
  app.addHook("onRequest", (request, reply, done) => {
    const about: AboutRequest = {
      method: request.method,
      path: pathOf(request.url).slice(0, pathAtMost),
      route: request.is404 ? undefined : request.routeOptions.url,
      status: undefined,
    };
    const { config } = request.routeOptions as { readonly config?: Partial<typeof lasting> };
    const span = telemetry.beginRoot(config?.lasting ? streams : requests, about, request.id);
    // Whatever becomes of it, once. Fastify's own hook for the end would cost twice as much.
    reply.raw.on("close", function end(this: ServerResponse) {
      if (this.headersSent) about.status = this.statusCode;
      span.end(this.statusCode < 500 ? undefined : { type: String(this.statusCode), fault: true });
    });
    done();
  });
}
