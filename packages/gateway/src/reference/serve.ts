import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { referenceClient, type ReferenceSettings } from "kerf";
import { fileOf, swaggerFile, type ReferenceFile } from "./files.ts";
import { page, script, style } from "./page.ts";

export interface ReferenceParts {
  readonly title: string;
  /** Where people log in: the page asks these for tokens, and nobody else for anything. */
  readonly issuers: readonly string[];
  readonly noSuchRoute: (request: FastifyRequest, reply: FastifyReply) => void;
}

const html = "text/html; charset=utf-8";
const javascript = "text/javascript; charset=utf-8";
const css = "text/css; charset=utf-8";

/** The paths that {@link serveReference} takes. */
export const referencePaths = ["/docs", "/docs/", "/docs/:file"] as const;

/** Serves Swagger UI at `/docs/`, whole and from here: it works without any other network. */
export function serveReference(
  app: FastifyInstance,
  { clientId = referenceClient }: ReferenceSettings,
  { title, issuers, noSuchRoute }: ReferenceParts,
): void {
  const settings = { title, clientId };
  const files = new Map<string, ReferenceFile>([
    ["swagger-ui-bundle.js", swaggerFile("swagger-ui-bundle.js", javascript)],
    ["swagger-ui.css", swaggerFile("swagger-ui.css", css)],
    ["oauth2-redirect.html", swaggerFile("oauth2-redirect.html", html)],
    ["oauth2-redirect.js", swaggerFile("oauth2-redirect.js", javascript)],
    ["page.js", fileOf(script(settings), javascript)],
    ["page.css", fileOf(style, css)],
  ]);
  const index = fileOf(page(settings), html);
  const headers = securityHeaders(issuers);
  const send = (request: FastifyRequest, reply: FastifyReply, file: ReferenceFile): void => {
    reply.headers(headers).header("etag", file.etag).header("vary", "accept-encoding");
    if (request.headers["if-none-match"] === file.etag) return void reply.code(304).send();
    reply.header("content-type", file.type);
    if (file.gzip && /\bgzip\b/.test(request.headers["accept-encoding"] ?? ""))
      reply.header("content-encoding", "gzip").send(file.gzip);
    else reply.send(file.text);
  };
  app.get("/docs", (_request, reply) => reply.redirect("/docs/", 308));
  app.get("/docs/", (request, reply) => {
    // The window in which people log in comes back and tells this one, so that one has no such policy: it would be cut off.
    reply.header("cross-origin-opener-policy", "same-origin-allow-popups");
    send(request, reply, index);
  });
  app.get<{ Params: { file: string } }>("/docs/:file", (request, reply) => {
    const file = files.get(request.params.file);
    if (file) send(request, reply, file);
    else noSuchRoute(request, reply);
  });
}

/**
 * Scripts of this page only, none inline and none made of text; nothing to and from anybody but this gateway and the
 * issuers. Swagger UI draws with `style` attributes, which can neither load nor run anything here.
 * @see https://www.w3.org/TR/CSP3/
 */
function securityHeaders(issuers: readonly string[]): Record<string, string> {
  const origins = [...new Set(issuers.map((issuer) => new URL(issuer).origin))];
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "style-src-attr 'unsafe-inline'",
      "img-src 'self' data:",
      `connect-src ${["'self'", ...origins].join(" ")}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "cache-control": "no-cache",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  };
}
