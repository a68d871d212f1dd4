import type { IncomingMessage } from "node:http";
import { forwardedHeaders, isStrangersClaim, originOf } from "./forwarded.ts";
import { hopByHop, type RawHeaders } from "./hop-by-hop.ts";
import type { LegacyTarget } from "./settings.ts";

export interface PassedOn {
  readonly target: LegacyTarget;
  readonly trustedProxies: number;
  /** How this gateway is known to others (RFC 9110 section 7.6.3): by it a request that comes back is recognised. */
  readonly pseudonym: string;
}

/** The headers that the existing application is sent: as the client wrote them, but for those of a connection. */
export function requestHeaders(
  request: IncomingMessage,
  traceparent: string,
  { target, trustedProxies, pseudonym }: PassedOn,
): string[] {
  const { rawHeaders, headers } = request;
  const te = String(headers["te"] ?? "");
  const dropped = hopByHop(rawHeaders);
  const sent: string[] = [];
  let hasLength = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (name === "host" || name === "via" || dropped(name) || isStrangersClaim(name)) continue;
    if (name === "content-length") hasLength = true;
    sent.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  const host = target.hostHeader === "client" ? (headers.host ?? target.host) : target.host;
  sent.push("Host", host, ...forwardedHeaders(originOf(request, trustedProxies)));
  sent.push("Via", [headers["via"], `${request.httpVersion} ${pseudonym}`].filter(Boolean).join(", "));
  sent.push("traceparent", traceparent);
  if (headers["transfer-encoding"] !== undefined) sent.push("Transfer-Encoding", "chunked");
  // Without a length Node would announce chunks, where the client announced nothing.
  else if (!hasLength && mayHaveBody.has(request.method!)) sent.push("Content-Length", "0");
  if (/(?:^|,)\s*trailers\s*(?:,|;|$)/i.test(te)) sent.push("TE", "trailers", "Connection", "keep-alive, TE");
  return sent;
}

/** Methods for which Node sends a body unless it is told that there is none. */
const mayHaveBody = new Set(["POST", "PUT", "PATCH"]);

/** The headers that the client is sent: as the existing application wrote them, but for those of a connection. */
export function responseHeaders(answer: IncomingMessage, { target }: PassedOn, closing: boolean): string[] {
  const { rawHeaders } = answer;
  const dropped = hopByHop(rawHeaders);
  const sent: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (dropped(name)) continue;
    const value = rawHeaders[i + 1]!;
    sent.push(
      rawHeaders[i]!,
      name === "location" && target.rewriteRedirects ? ownPath(value, target) : value,
    );
  }
  if (closing) sent.push("Connection", "close");
  return sent;
}

/** A Location of the application's own origin, as a path; any other as it is. */
function ownPath(location: string, { origin, base }: LegacyTarget): string {
  const url = URL.parse(location);
  if (url?.origin !== origin) return location;
  const path =
    url.pathname === base || url.pathname.startsWith(`${base}/`)
      ? url.pathname.slice(base.length)
      : url.pathname;
  // Two slashes at the beginning would name another host.
  return `/${path.replace(/^\/+/, "")}${url.search}${url.hash}`;
}

/** Raw headers or trailers in pairs. */
export function pairs(raw: RawHeaders): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) found.push([raw[i]!, raw[i + 1]!]);
  return found;
}

export function isLoop({ headers }: IncomingMessage, pseudonym: string): boolean {
  return headers["via"]?.split(",").some((each) => each.trim().split(/\s+/)[1] === pseudonym) ?? false;
}
