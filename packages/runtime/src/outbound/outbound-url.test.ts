import { createServer, connect, type AddressInfo } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isForbiddenAddress, outboundLookup, readOutboundUrl } from "./index.ts";

const found = vi.hoisted(() => ({
  addresses: undefined as { address: string; family: number }[] | undefined,
}));
// What a stranger's name server answers cannot be had on this machine; all else of it is real.
vi.mock("node:dns", async (original) => {
  const dns = await original<typeof import("node:dns")>();
  return {
    ...dns,
    lookup: ((name: string, options: object, done: (...given: unknown[]) => void) =>
      found.addresses ? done(null, found.addresses) : dns.lookup(name, options, done as never)) as never,
  };
});
afterEach(() => (found.addresses = undefined));

describe("a configured URL", () => {
  it.each([
    "http://127.0.0.1:3000",
    "https://legacy.internal",
    "http://[::1]:3000/base",
    "http://10.0.0.7",
    "http://192.168.1.1/",
    "http://[fd00::7]/",
    "http://0x7f.1:80",
  ])("%s is taken", (url) => {
    expect(readOutboundUrl(url, "here")).toEqual(new URL(url));
  });

  it.each([
    ["localhost:3000", "scheme is localhost"],
    ["legacy", "no absolute URL"],
    ["file:///etc/passwd", "scheme is file"],
    ["gopher://a/", "scheme is gopher"],
    ["http://ann:secret@legacy", "holds credentials"],
    ["http://ann@legacy", "holds credentials"],
    ["http://legacy/#x", "fragment"],
    ["http://169.254.169.254/latest/meta-data", "metadata service"],
    ["http://2852039166/", "metadata service"],
    ["http://0xa9fea9fe/", "metadata service"],
    ["http://0251.0376.0251.0376/", "metadata service"],
    ["http://0xa9.254.43518/", "metadata service"],
    ["http://169.254.43518/", "metadata service"],
    ["http://１６９.254.169.254/", "metadata service"],
    ["http://169。254。169。254/", "metadata service"],
    ["http://[::ffff:169.254.169.254]/", "metadata service"],
    ["http://[::ffff:a9fe:a9fe]/", "metadata service"],
    ["http://[0:0:0:0:0:FFFF:A9FE:A9FE]/", "metadata service"],
    ["http://[::a9fe:a9fe]/", "metadata service"],
    ["http://[64:ff9b::a9fe:a9fe]/", "metadata service"],
    ["http://[2002:a9fe:a9fe::]/", "metadata service"],
    ["http://[fe80::1]/", "metadata service"],
    ["http://[fd00:ec2::254]/", "metadata service"],
    ["http://100.100.100.200/", "metadata service"],
    ["http://0.0.0.0:3000/", "metadata service"],
    ["http://0/", "metadata service"],
    ["http://[::]:3000/", "metadata service"],
    ["http://255.255.255.255/", "metadata service"],
  ])("%s is refused: %s", (url, problem) => {
    expect(() => readOutboundUrl(url, "here")).toThrow(problem);
    expect(() => readOutboundUrl(url, "here")).not.toThrow("secret");
  });

  it("may mean a link-local address where that is said", () => {
    expect(readOutboundUrl("http://169.254.1.2/", "here", { linkLocal: true }).hostname).toBe("169.254.1.2");
  });

  it("has no path where none can be used", () => {
    expect(() => readOutboundUrl("http://legacy/app", "here", { path: false })).toThrow("http://legacy");
    expect(readOutboundUrl("http://legacy/", "here", { path: false }).origin).toBe("http://legacy");
  });
});

describe("a name", () => {
  const server = createServer((socket) => socket.end("reached"));
  afterEach(() => void server.close());

  async function reach(name: string): Promise<string> {
    if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: name, lookup: outboundLookup });
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return text;
  }

  it("is connected to", async () => {
    expect(await reach("localhost")).toBe("reached");
  });

  it.each(["169.254.169.254", "::ffff:169.254.169.254", "fe80::1%2"])(
    "that leads to %s, if only among others, is not",
    async (address) => {
      found.addresses = [
        { address: "127.0.0.1", family: 4 },
        { address, family: address.includes(":") ? 6 : 4 },
      ];
      await expect(reach("rebound.example")).rejects.toThrow("nothing may connect to");
    },
  );

  it("is no address", () => {
    expect(isForbiddenAddress("metadata.google.internal")).toBe(false);
  });
});
