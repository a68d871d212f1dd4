import type { FastifyInstance, FastifyReply } from "fastify";

/** `/livez`: this process runs. `/readyz`: send it requests. Both as Kubernetes probes expect them. */
export function serveHealth(app: FastifyInstance, ready: () => boolean): void {
  app.get("/livez", (_request, reply) => send(reply, 200, "live"));
  app.get("/readyz", (_request, reply) =>
    ready() ? send(reply, 200, "ready") : send(reply, 503, "not ready"),
  );
}

function send(reply: FastifyReply, code: number, status: string): void {
  reply
    .code(code)
    .header("content-type", "application/json; charset=utf-8")
    .header("cache-control", "no-store")
    .header("x-content-type-options", "nosniff")
    .send(JSON.stringify({ status }));
}
