import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { app } from "kerf";
import { expect, test } from "vitest";
import { discoveryOf } from "./discovery.ts";
import { readSettings } from "./settings.ts";

const { topologies } = app("shop", {
  services: { orders: () => Promise.reject(new Error("is never loaded")) },
  topologies: { split: { front: ["gateway"], back: "*" } },
});
const split = topologies.get("split")!;
const settings = (environment: Record<string, string>) => readSettings(environment, split, split.units[0]!);

/** A name server that knows the A records of one name (RFC 1035). */
async function nameServer(known: string, addresses: readonly string[]) {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at]! + 1)
      labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
    const question = query.subarray(12, at + 5);
    const ipv4 = query.readUInt16BE(at + 1) === 1;
    asked.push(labels.join("."));
    const found = ipv4 && labels.join(".") === known ? addresses : [];
    const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, found.length, 0, 0, 0, 0]);
    const answers = found.map((address) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split(".").map(Number)]),
    );
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, asked, [Symbol.dispose]: () => void socket.close() };
}

test("the replicas of a unit are the addresses of its name in the domain", async () => {
  using server = await nameServer("back.shop.internal", ["10.0.0.8", "10.0.0.7"]);
  const environment = { KERF_DISCOVERY: "dns", KERF_DNS_PORT: "5000", KERF_DNS_SUFFIX: "shop.internal" };
  const discovery = discoveryOf(settings(environment), [server.address])!;
  const addresses = await new Promise<readonly string[]>((resolve) => {
    const stop = discovery.watch("back", (found) => {
      resolve(found);
      queueMicrotask(() => stop());
    });
  });
  expect(addresses).toEqual(["10.0.0.7:5000", "10.0.0.8:5000"]);
  expect(new Set(server.asked)).toEqual(new Set(["back.shop.internal"]));
});

test("without KERF_DISCOVERY the addresses are those that are listed", () => {
  expect(discoveryOf(settings({ KERF_ENDPOINTS: '{"back":"h:1"}' }))).toBeUndefined();
});
