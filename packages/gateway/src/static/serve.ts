import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mime, isUtf8MimeType, send } from "@fastify/send";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { StaticFiles } from "kerf";
import type { Logger } from "pino";
import { pathOf } from "../problems/problem.ts";
import { entityTags, matches } from "./entity-tag.ts";
import { findFile, type Found } from "./find.ts";
import { securityHeaders, type IssuerOrigins } from "./security.ts";

type Handle = (request: FastifyRequest, reply: FastifyReply) => void;

/** Answers with a file where there is one for the request, and else calls `otherwise`. */
export type ServeFile = (request: FastifyRequest, reply: FastifyReply, otherwise: Handle) => void;

/** Paths that belong to contracts, whether or not one has them. */
const ofContracts = /^\/v\d+(?:\/|$)/;

/**
 * Makes what serves the files of a front end. A folder that is not there yet is a warning: the services work without it,
 * and it is served as soon as it is built.
 */
export function serveFiles(
  files: StaticFiles,
  { issuers, closing, log }: { issuers: IssuerOrigins; closing: () => boolean; log: Logger },
): ServeFile {
  const dir = fileURLToPath(files.dir).replace(/\/$/, "");
  warnOfMissing(dir, files.fallback, log);
  const security = securityHeaders(files.csp, issuers);
  const immutable = files.immutable ?? ["/assets/"];
  const tagOf = entityTags();

  async function serve(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const path = pathOf(request.url);
    if ((request.method !== "GET" && request.method !== "HEAD") || ofContracts.test(path)) return false;
    // A release may be a link that is turned over.
    const root = await realpath(dir).catch(() => undefined);
    if (root === undefined) return false;
    const accepted = String(request.headers["accept-encoding"] ?? "");
    const forEver = immutable.some((prefix) => path.startsWith(prefix));
    let found = await findFile(root, path, accepted);
    if (found === undefined && files.fallback !== undefined && !forEver && isNavigation(request)) {
      found = await findFile(root, `/${files.fallback}`, accepted);
    }
    if (found === undefined) return false;
    reply.headers(security).header("vary", "accept-encoding");
    if (closing()) reply.header("connection", "close");
    await sendFile(request, reply, found, { forEver, tag: await tagOf(found.path, found.stat) });
    return true;
  }
  return (request, reply, otherwise) => {
    serve(request, reply).then(
      (served) => served || otherwise(request, reply),
      // It went away between the look and the reading.
      (error: NodeJS.ErrnoException) =>
        error.code === "ENOENT" ? otherwise(request, reply) : reply.send(error),
    );
  };
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, encoding }: Found,
  { forEver, tag }: { forEver: boolean; tag: string },
): Promise<void> {
  reply
    .header("etag", tag)
    .header("cache-control", forEver ? "public, max-age=31536000, immutable" : "no-cache");
  const condition = request.headers["if-none-match"];
  if (condition !== undefined && matches(condition, tag)) {
    reply.code(304).send();
    return;
  }
  const { range, "if-range": onlyFor } = request.headers;
  const answer = await send(
    // The tag is compared here: the library knows only one of time and length.
    Object.assign(Object.create(request.raw), {
      headers: range !== undefined && (onlyFor === undefined || onlyFor === tag) ? { range } : {},
    }),
    encodeURI(path).replaceAll("#", "%23").replaceAll("?", "%3F"),
    {
      dotfiles: "allow",
      etag: false,
      lastModified: false,
      cacheControl: false,
      contentType: false,
      index: false,
    },
  );
  if (answer.statusCode === 416) {
    reply.code(416).header("content-range", answer.headers["Content-Range"]!).send();
    return;
  }
  reply.headers(answer.headers).header("content-type", typeOf(path, encoding));
  if (encoding !== undefined) reply.header("content-encoding", encoding);
  reply.code(answer.statusCode).send(answer.stream);
}

function typeOf(path: string, encoding: Found["encoding"]): string {
  const name = encoding === undefined ? path : path.replace(/\.\w+$/, "");
  // RFC 9239 made the other name obsolete.
  if (/\.m?js$/.test(name)) return "text/javascript; charset=utf-8";
  const type = mime.getType(name) ?? "application/octet-stream";
  return isUtf8MimeType(type) ? `${type}; charset=utf-8` : type;
}

/** A person who goes to an address, not a script that asks for data or a picture that is missing. */
function isNavigation(request: FastifyRequest): boolean {
  return /\btext\/html\b/.test(request.headers.accept ?? "");
}

function warnOfMissing(dir: string, fallback: string | undefined, log: Logger): void {
  if (!existsSync(dir)) {
    log.warn(`gateway.static.dir: ${dir} is not there. Build the front end; no restart is needed then.`);
  } else if (fallback !== undefined && !existsSync(join(dir, fallback))) {
    log.warn(`gateway.static.fallback: ${dir} has no ${fallback}. Build the front end, or name its page.`);
  }
}
