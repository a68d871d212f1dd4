import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { portOwner } from "./port-owner.ts";
import { freePorts, isFree } from "./ports.ts";

test.runIf(process.platform === "linux")("names the process that listens on a port", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    expect(portOwner(port)).toMatch(new RegExp(`^node.* \\(process ${process.pid}\\)$`));
    expect(await isFree("127.0.0.1", port)).toBe(false);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  expect(portOwner(port)).toBeUndefined();
  expect(await isFree("127.0.0.1", port)).toBe(true);
});

test("free ports are as many as asked for, free, and all different", async () => {
  const ports = await freePorts("127.0.0.1", 20);
  expect(new Set(ports).size).toBe(20);
  expect(await isFree("127.0.0.1", ports[0]!)).toBe(true);
});
