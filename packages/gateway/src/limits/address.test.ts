import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { addressGroup, clientAddress } from "./address.ts";

describe("what stands for one stranger", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    ["2001:db8::2:3:4:5:6", "2001:db8:0:2::/64"],
    ["2001:db8:0:2:3:4:5:6", "2001:db8:0:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::203.0.113.7", "64:ff9b:0:0::/64"],
  ])("%s is counted as %s", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe("behind proxies of one's own", () => {
  const from = (forwarded: string | undefined, proxies: number) =>
    clientAddress(
      {
        socket: { remoteAddress: "10.0.0.1" },
        headers: { "x-forwarded-for": forwarded },
      } as unknown as IncomingMessage,
      proxies,
    );

  it("believes as many entries as there are proxies, from the end", () => {
    expect(from("203.0.113.7", 0)).toBe("10.0.0.1");
    expect(from("203.0.113.7", 1)).toBe("203.0.113.7");
    expect(from("198.51.100.1, 203.0.113.7", 1)).toBe("203.0.113.7");
    expect(from("198.51.100.1, 203.0.113.7, 10.0.0.2", 2)).toBe("203.0.113.7");
    expect(from("203.0.113.7", 2)).toBe("203.0.113.7");
    expect(from(undefined, 1)).toBe("10.0.0.1");
  });

  it("reads addresses with ports, and nothing that is no address", () => {
    expect(from("203.0.113.7:52100", 1)).toBe("203.0.113.7");
    expect(from("[2001:db8::1]:52100", 1)).toBe("2001:db8::1");
    expect(from("[2001:db8::1]", 1)).toBe("2001:db8::1");
    for (const nothing of ["unknown", "_hidden", "", "203.0.113.7, ", "1.2.3.4.5", "localhost"]) {
      expect([nothing, from(nothing, 1)]).toEqual([nothing, "10.0.0.1"]);
    }
  });
});
