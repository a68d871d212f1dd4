import { BlockList, isIP } from "node:net";

/**
 * Addresses that no configured URL has a reason to mean: what answers there is the machine's own metadata (which gives
 * out credentials), or nobody. Loopback and private networks are not among them: services live there.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const forbidden = new BlockList();
forbidden.addSubnet("0.0.0.0", 8, "ipv4");
forbidden.addSubnet("169.254.0.0", 16, "ipv4");
forbidden.addSubnet("224.0.0.0", 4, "ipv4");
forbidden.addSubnet("240.0.0.0", 4, "ipv4");
// Metadata of clouds that keep it outside of link-local: Alibaba, Oracle, AWS over IPv6.
forbidden.addAddress("100.100.100.200", "ipv4");
forbidden.addAddress("192.0.0.192", "ipv4");
forbidden.addAddress("fd00:ec2::254", "ipv6");
forbidden.addAddress("::", "ipv6");
forbidden.addSubnet("fe80::", 10, "ipv6");
forbidden.addSubnet("ff00::", 8, "ipv6");

/** Whether nothing may be connected to at this address, however it is written: `"169.254.169.254"`, `"::ffff:a9fe:a9fe"`. */
export function isForbiddenAddress(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const family = isIP(bare);
  if (family === 0) return false;
  if (family === 4) return forbidden.check(bare, "ipv4");
  if (bare === "::1") return false;
  const inner = innerIpv4(bare);
  return forbidden.check(bare, "ipv6") || (inner !== undefined && forbidden.check(inner, "ipv4"));
}

/**
 * The IPv4 address that an IPv6 one stands for: mapped (`::ffff:0:0/96`), compatible (`::/96`), translated by NAT64
 * (`64:ff9b::/96`, RFC 6052) or by 6to4 (`2002::/16`, RFC 3056).
 */
function innerIpv4(address: string): string | undefined {
  const words = wordsOf(address);
  const start = words.slice(0, 6).join(":");
  const embedded =
    start === "0:0:0:0:0:ffff" || start === "0:0:0:0:0:0" || start === "64:ff9b:0:0:0:0"
      ? words.slice(6)
      : words[0] === "2002"
        ? words.slice(1, 3)
        : undefined;
  if (embedded === undefined) return undefined;
  return embedded.flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 255]).join(".");
}

/** The eight groups of an IPv6 address, in lower case, without leading zeros. */
function wordsOf(address: string): readonly string[] {
  // The URL parser writes every form of an address in one way (RFC 5952).
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [left = "", right] = text.split("::") as [string, string | undefined];
  const before = left === "" ? [] : left.split(":");
  if (right === undefined) return before;
  const after = right === "" ? [] : right.split(":");
  return [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
}
