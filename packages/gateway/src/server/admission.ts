import type { IncomingMessage } from "node:http";
import type { Limits } from "../limits.ts";
import { problem, type Problem } from "../problems/problem.ts";

/** Headers that mean something different to two readers when they come twice, by length: that is cheap to compare. */
const singletons: ReadonlyMap<number, readonly string[]> = Map.groupBy(
  [
    "host",
    "authorization",
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "idempotency-key",
  ],
  (name) => name.length,
);

/**
 * Looks at a request before it is routed. Whatever two parsers could read differently is refused, since that is how
 * requests are smuggled past one of them (RFC 9112 section 11.2); Node's parser, in strict mode, has refused bare CR
 * and LF, NUL, and Content-Length beside Transfer-Encoding already.
 */
export function inspect(request: IncomingMessage, limits: Limits): Problem | undefined {
  const { urlBytes, headers, parameters } = limits;
  const url = request.url ?? "";
  if (url.length > urlBytes) {
    return refused("url-too-long", `Path and query together are over ${urlBytes} bytes.`);
  }
  if (request.rawHeaders.length > 2 * headers) {
    return refused("headers-too-large", `There are more than ${headers} headers.`);
  }
  const fault = targetFault(url) ?? queryFault(url, parameters) ?? headerFault(request) ?? bodyFault(request);
  return fault === undefined ? undefined : refused("malformed-request", fault);
}

function refused(name: "url-too-long" | "headers-too-large" | "malformed-request", detail: string): Problem {
  return problem(name, { detail, headers: { connection: "close" } });
}

/** Anything but visible ASCII without "%", "\\", "#" and segments that begin with a dot is looked at closely. */
const unusual = /[^!"$&-[\]-~]|\/\./;

function targetFault(url: string): string | undefined {
  if (url.charCodeAt(0) !== 47) return "The request's target must begin with a slash.";
  if (!unusual.test(url)) return undefined;
  if (/[^!-~]/.test(url)) return "The request's target has characters that must be percent-encoded.";
  if (url.includes("#")) return "The request's target has a fragment.";
  let decoded: string;
  try {
    decoded = decodeURIComponent(url);
  } catch {
    return "The request's target has a percent-encoding that is not UTF-8.";
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0\r\n]/.test(decoded)) return "The request's target has an encoded NUL, CR or LF.";
  const end = url.indexOf("?");
  const path = end === -1 ? url : url.slice(0, end);
  // Twice, because whoever stands behind may decode once more.
  if (/%(?:25)*(?:2f|5c|00)|\\/i.test(path)) return "The path has an encoded slash, a backslash or a NUL.";
  const segments = decodeURIComponent(path).replaceAll(/%2e/gi, ".").split("/");
  if (segments.some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) {
    return 'The path has a "." or ".." segment.';
  }
  return undefined;
}

function queryFault(url: string, most: number): string | undefined {
  // Each has a sign between itself and the next: most queries need no counting.
  if (url.length < 2 * most) return undefined;
  let count = 0;
  for (let at = url.indexOf("?"); at !== -1 && count <= most; at = url.indexOf("&", at + 1)) count += 1;
  return count > most ? `The query has more than ${most} parameters.` : undefined;
}

function headerFault(request: IncomingMessage): string | undefined {
  const raw = request.rawHeaders;
  let seen: string[] | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const candidates = singletons.get(raw[i]!.length);
    if (candidates === undefined) continue;
    const name = raw[i]!.toLowerCase();
    if (!candidates.includes(name)) continue;
    if (seen?.includes(name)) return `The header ${name} is there twice.`;
    (seen ??= []).push(name);
  }
  const { host } = request.headers;
  const { httpVersion } = request;
  // Node reads 0.9 and 2.0, too, where they are written in the first line.
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return "The version of HTTP is not 1.1 or 1.0.";
  if (host === undefined && httpVersion === "1.1") return "The header host is missing.";
  return undefined;
}

function bodyFault(request: IncomingMessage): string | undefined {
  const length = request.headers["content-length"];
  const encoding = request.headers["transfer-encoding"];
  if (encoding !== undefined) {
    if (request.httpVersion !== "1.1") return "Transfer-Encoding needs HTTP/1.1.";
    if (length !== undefined) return "Content-Length and Transfer-Encoding exclude each other.";
    if (encoding.toLowerCase() !== "chunked")
      return "The only Transfer-Encoding that is accepted is chunked.";
  }
  const { method } = request;
  const bodyless = method === "GET" || method === "HEAD" || method === "DELETE";
  if (bodyless && (encoding !== undefined || (length !== undefined && length !== "0"))) {
    return `A ${method} request has no body here: its input goes into the path and the query.`;
  }
  return undefined;
}
