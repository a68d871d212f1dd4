import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { serveHealth, type HealthServer } from "./health.ts";

let health: HealthServer | undefined;
afterEach(() => health?.close());

/** One of this machine's addresses by which others reach it. */
const outer = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;

async function serve(host: string): Promise<number> {
  health = await serveHealth({
    host,
    port: 0,
    ready: () => true,
    status: async () => ({ outbox: 0 }),
    metrics: () => ({ type: "text/plain", body: "up 1\n" }),
  });
  return Number(new URL(health.url).port);
}

test.skipIf(outer === undefined)("others are told nothing, but where a host is named", async () => {
  const port = await serve("127.0.0.1");
  await expect(fetch(`http://${outer}:${port}/livez`)).rejects.toThrow("fetch failed");
});

test.skipIf(outer === undefined)("others may ask all but the status, where a host is named", async () => {
  const port = await serve("0.0.0.0");
  const statusOf = async (host: string, path: string): Promise<number> =>
    (await fetch(`http://${host}:${port}${path}`)).status;
  for (const path of ["/livez", "/readyz", "/metrics"]) expect(await statusOf(outer!, path)).toBe(200);
  expect(await statusOf(outer!, "/status")).toBe(403);
  expect(await statusOf("127.0.0.1", "/status")).toBe(200);
});

test("this machine is known by both families", async () => {
  const port = await serve("::");
  for (const host of ["127.0.0.1", "[::1]"])
    expect((await fetch(`http://${host}:${port}/status`)).status).toBe(200);
});

test("who says nothing, or half a request, loses the connection soon", async () => {
  const port = await serve("127.0.0.1");
  const since = performance.now();
  const silent = connect(port, "127.0.0.1");
  const half = connect(port, "127.0.0.1", () => half.write("GET /livez HTTP/1.1\r\nhost: a\r\n"));
  for (const socket of [silent, half]) socket.resume();
  await Promise.all([once(silent, "close"), once(half, "close")]);
  expect(performance.now() - since).toBeLessThan(4_500);
});

test("a host that is another machine's is refused with what to write", async () => {
  await expect(serve("192.0.2.77")).rejects.toThrow('KERF_HEALTH_HOST is "192.0.2.77", which is no address');
});
