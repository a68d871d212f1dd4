import { afterEach, describe, expect, it } from "vitest";
import { get } from "../../test/hostile.ts";
import { inventoryService, startInventory } from "../../test/inventory.ts";
import { connect, type Socket } from "node:net";
import { exchange } from "../../test/raw.ts";
import type { Gateway, GatewayOptions } from "../index.ts";

let gateway: Gateway | undefined;
const held: Socket[] = [];
afterEach(async () => {
  for (const each of held.splice(0)) each.destroy();
  await gateway?.drain(0);
});

async function start(options: Partial<GatewayOptions>): Promise<Gateway> {
  gateway = await startInventory(options);
  return gateway;
}
const asked = get("/v1/stock/1", "Connection: close\r\n");

/** Opens connections on which one request was answered. */
async function hold(url: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    held.push(socket);
    await new Promise((resolve) => {
      socket.once("data", resolve);
      socket.write(get("/v1/stock/1"));
    });
  }
}

describe("connections", () => {
  it("are refused with 503 when there are too many, until one ends", async () => {
    const { url } = await start({ limits: { connections: 3 } });
    await hold(url, 3);
    const { statuses, text, closed } = await exchange(url);
    expect([statuses, closed]).toEqual([[503], true]);
    expect(text).toContain('"type":"/problems/overloaded"');
    held[0]!.destroy();
    await until(async () => (await exchange(url, asked)).statuses[0] === 200);
  });

  it("are refused with 429 when one address has too many", async () => {
    const { url } = await start({ limits: { connectionsPerAddress: 2 } });
    await hold(url, 2);
    const { statuses, text, closed } = await exchange(url);
    expect([statuses, closed]).toEqual([[429], true]);
    expect(text).toContain('"type":"/problems/too-many-requests"');
    held[0]!.destroy();
    await until(async () => (await exchange(url, asked)).statuses[0] === 200);
  });

  it("end with the request that is their last, and say so", async () => {
    const { url } = await start({ limits: { requestsPerConnection: 2 } });
    const request = get("/v1/stock/1");
    const { statuses, text, closed } = await exchange(url, request, { waitMs: 100 }, request);
    expect([statuses, closed]).toEqual([[200, 200], true]);
    expect(text.match(/connection: (\S+)/gi)).toEqual(["Connection: keep-alive", "Connection: close"]);
    const pipelined = await exchange(url, request.repeat(5));
    expect([pipelined.statuses.slice(0, 2), pipelined.closed]).toEqual([[200, 200], true]);
  });

  it("carry only so many requests that wait for an earlier one", async () => {
    let under = 0;
    let most = 0;
    const { url } = await start({
      limits: { pipelined: 4 },
      async invoke(call) {
        under += 1;
        most = Math.max(most, under);
        await new Promise((resolve) => setTimeout(resolve, 200));
        under -= 1;
        return inventoryService(call);
      },
    });
    const within = await exchange(url, get("/v1/stock/1").repeat(4) + asked);
    expect(within.statuses).toEqual([200, 200, 200, 200, 200]);
    const over = await exchange(url, get("/v1/stock/1").repeat(8));
    expect(over.statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect(over.text).toContain("More than 4 requests wait for their answers on this connection.");
    expect(over.closed).toBe(true);
    expect(most).toBe(5);
    expect((await exchange(url, asked)).statuses).toEqual([200]);
    const flood = await exchange(url, get("/v1/stock/1").repeat(1_000));
    expect([flood.closed, most]).toEqual([true, 5]);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 5_000;
  while (!(await holds())) if (performance.now() > endsAt) throw new Error("It did not come true.");
}
