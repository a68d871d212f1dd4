import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";

/** Serves a document for tools, with an ETag (RFC 9110 section 13.1.2). It is made when it is first asked for. */
export function serveDocument(app: FastifyInstance, path: string, make: () => object): void {
  let made: { readonly text: string; readonly etag: string } | undefined;
  app.get(path, (request, reply) => {
    const { text, etag } = (made ??= tagged(JSON.stringify(make())));
    reply
      .header("etag", etag)
      .header("cache-control", "no-cache")
      .header("x-content-type-options", "nosniff");
    if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
    return reply.header("content-type", "application/json; charset=utf-8").send(text);
  });
}

function tagged(text: string): { readonly text: string; readonly etag: string } {
  return { text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` };
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => [etag, "*"].includes(each.trim().replace(/^W\//, "")));
}
