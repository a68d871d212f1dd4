import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";

/** Serves the document at `/openapi.json`, with an ETag (RFC 9110 section 13.1.2). */
export function serveOpenapi(app: FastifyInstance, document: object): void {
  const text = JSON.stringify(document);
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  app.get("/openapi.json", (request, reply) => {
    reply
      .header("etag", etag)
      .header("cache-control", "no-cache")
      .header("x-content-type-options", "nosniff");
    if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
    return reply.header("content-type", "application/json; charset=utf-8").send(text);
  });
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => [etag, "*"].includes(each.trim().replace(/^W\//, "")));
}
