import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { dnsDiscovery } from "./dns.ts";

/** The part of RFC 1035 that answers one question about a host's addresses. */
async function nameServer(records: Map<string, string[]>) {
  const socket = createSocket("udp4");
  let failing = false;
  socket.on("message", (question, from) => {
    const labels: string[] = [];
    let end = 12;
    for (; question[end]! > 0; end += 1 + question[end]!) {
      labels.push(question.toString("latin1", end + 1, end + 1 + question[end]!));
    }
    const type = question.readUInt16BE(end + 1);
    const found = records.get(labels.join("."));
    const answers = type === 1 && !failing ? (found ?? []) : [];
    const head = Buffer.from(question.subarray(0, end + 5));
    // A reply, with recursion; SERVFAIL is 2, NXDOMAIN 3.
    head.writeUInt16BE(0x8180 | (failing ? 2 : found ? 0 : 3), 2);
    head.writeUInt16BE(answers.length, 6);
    head.writeUInt32BE(0, 8);
    const rows = answers.map((address) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split(".").map(Number)]),
    );
    socket.send(Buffer.concat([head, ...rows]), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    fail: (on: boolean) => (failing = on),
    close: () => socket.close(),
  };
}

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function watched(records: Map<string, string[]>) {
  const server = await nameServer(records);
  const seen: (readonly string[])[] = [];
  const discovery = dnsDiscovery({
    port: 7000,
    host: (unit) => `${unit}.shop.internal`,
    everyMs: 30,
    servers: [server.address],
  });
  const stop = discovery.watch("back", (addresses) => seen.push(addresses));
  closing.push(stop, server.close);
  return { server, seen, stop };
}

test("addresses are told once, and when they change", async () => {
  const records = new Map([["back.shop.internal", ["10.0.0.2", "10.0.0.1"]]]);
  const { seen } = await watched(records);
  await expect.poll(() => seen).toEqual([["10.0.0.1:7000", "10.0.0.2:7000"]]);
  await sleep(100);
  expect(seen).toHaveLength(1);
  records.set("back.shop.internal", ["10.0.0.3"]);
  await expect.poll(() => seen.at(-1)).toEqual(["10.0.0.3:7000"]);
});

test("a name that nobody knows is told as no address, until it is known", async () => {
  const records = new Map<string, string[]>();
  const { seen } = await watched(records);
  await expect.poll(() => seen).toEqual([[]]);
  records.set("back.shop.internal", ["10.0.0.1"]);
  await expect.poll(() => seen).toEqual([[], ["10.0.0.1:7000"]]);
});

test("a name server that fails keeps what was known; nothing is told after the end", async () => {
  const records = new Map([["back.shop.internal", ["10.0.0.1"]]]);
  const { server, seen, stop } = await watched(records);
  await expect.poll(() => seen.length).toBe(1);
  server.fail(true);
  await sleep(100);
  expect(seen).toEqual([["10.0.0.1:7000"]]);
  server.fail(false);
  stop();
  records.set("back.shop.internal", ["10.0.0.9"]);
  await sleep(100);
  expect(seen).toHaveLength(1);
});
