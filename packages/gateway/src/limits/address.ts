import type { IncomingMessage } from "node:http";
import { isIP, isIPv4 } from "node:net";

/**
 * The address that a request came from. Each trusted proxy adds the address of whoever asked it to the end of
 * X-Forwarded-For; what stands before those entries was written by the stranger and says nothing.
 * @param trustedProxies how many proxies of one's own every request passes
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? "";
  const forwarded = request.headers["x-forwarded-for"];
  if (trustedProxies === 0 || typeof forwarded !== "string") return direct;
  const hops = forwarded.split(",");
  const hop = hops[Math.max(0, hops.length - trustedProxies)]!.trim();
  const address = withoutPort(hop);
  return isIP(address) === 0 ? direct : address;
}

/** Some proxies write `203.0.113.7:52100` and `[2001:db8::1]:52100`. */
function withoutPort(hop: string): string {
  return /^\[([\da-f:.]+)\](?::\d+)?$/i.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
}

/**
 * What stands for one stranger: an IPv4 address, or the /64 of an IPv6 address, since that is what one customer is given
 * (RFC 6177) and may change within at will.
 */
export function addressGroup(address: string): string {
  if (isIPv4(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    // A dotted end stands for two groups.
    const given = groups.length + after.length + (tail.includes(".") ? 1 : 0);
    groups.push(...Array.from({ length: 8 - given }, () => "0"), ...after);
  }
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
