import type { IncomingMessage } from "node:http";

/** What strangers say about where a request came from, and about whose trace it belongs to. */
export const strangersClaims = new Set([
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "traceparent",
  "tracestate",
  "baggage",
]);

export function isStrangersClaim(name: string): boolean {
  return name.startsWith("x-forwarded-") || strangersClaims.has(name);
}

/** Where a request came from, as far as it is known. */
export interface Origin {
  /** The client, then each proxy of one's own that it passed. */
  readonly hops: readonly string[];
  readonly proto: "http" | "https";
  readonly host: string;
}

/**
 * Reads where a request came from. With `trustedProxies` before the gateway, each has added to the end of
 * X-Forwarded-For; what stands before that is a stranger's word. Without any, all of it is.
 */
export function originOf(request: IncomingMessage, trustedProxies: number): Origin {
  const direct = request.socket.remoteAddress ?? "unknown";
  const host = request.headers.host ?? "";
  if (trustedProxies === 0) return { hops: [direct], proto: "http", host };
  const { headers } = request;
  const proto = entry(headers["x-forwarded-proto"], trustedProxies)?.toLowerCase();
  return {
    hops: [...entries(headers["x-forwarded-for"]).slice(-trustedProxies), direct],
    proto: proto === "https" ? "https" : "http",
    host: entry(headers["x-forwarded-host"], trustedProxies) ?? host,
  };
}

/** The headers that say so: X-Forwarded-*, and Forwarded (RFC 7239). */
export function forwardedHeaders({ hops, proto, host }: Origin): string[] {
  const [client, ...proxies] = hops as [string, ...string[]];
  const first = `for=${node(client)};host=${quoted(host)};proto=${proto}`;
  return [
    "X-Forwarded-For",
    hops.join(", "),
    "X-Forwarded-Proto",
    proto,
    "X-Forwarded-Host",
    host,
    "Forwarded",
    [first, ...proxies.map((each) => `for=${node(each)}`)].join(", "),
  ];
}

function entries(header: string | string[] | undefined): string[] {
  return (header === undefined ? "" : String(header))
    .split(",")
    .map((part) => part.trim())
    .filter((part) => /^[\w.:[\]-]{1,200}$/.test(part));
}

/** What the outermost proxy of one's own said. */
function entry(header: string | string[] | undefined, trustedProxies: number): string | undefined {
  const all = entries(header);
  return all[Math.max(0, all.length - trustedProxies)];
}

/** IPv6 addresses are in brackets and quotes (RFC 7239 section 6). */
function node(address: string): string {
  return address.includes(":") ? `"[${address.replaceAll(/[[\]]/g, "")}]"` : address;
}

function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, "")}"`;
}
