import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { clientOf } from "../../test/client.ts";
import { inventoryService, startInventory } from "../../test/inventory.ts";
import type { Gateway, GatewayOptions } from "../index.ts";

let gateway: Gateway | undefined;
const { ask, send } = clientOf(() => gateway!.url);
afterEach(() => gateway?.drain(0));

async function start(options: Partial<GatewayOptions>): Promise<readonly string[]> {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  gateway = await startInventory({ log, ...options });
  return lines;
}
/** Longer than by default: a machine that runs tests is late by itself now and then. */
const LATE_MS = 250;
const known = { headers: { authorization: "Bearer ann" } };

/** Does nothing else for so long, as a handler that computes would. */
function block(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

describe("an event loop that is late", { timeout: 120_000 }, () => {
  it("refuses strangers, then everybody, but no probe; and nobody when it is calm again", async () => {
    const lines = await start({ limits: { eventLoopMs: LATE_MS } });
    expect((await ask("/v1/stock/1")).status).toBe(200);

    const blocking = setInterval(block, 10, 2 * LATE_MS);
    try {
      await until(async () => (await ask("/v1/stock/1")).status === 503);
      const { status, headers, body } = await ask("/v1/stock/1");
      expect([status, body.type]).toEqual([503, "/problems/overloaded"]);
      expect(body.detail).toContain("Nothing was done");
      expect(headers.get("retry-after")).toBe("1");
      await until(async () => (await ask("/v1/stock/1", known)).status === 503);
      expect((await ask("/livez")).status).toBe(200);
      expect((await ask("/readyz?verbose")).status).toBe(200);
      const refused = await send("POST", "/v1/imports", { labels: {} });
      expect([refused.status, refused.headers.get("connection")]).toEqual([503, "close"]);
      expect(lines).toEqual(["overloaded: requests are being refused"]);
    } finally {
      clearInterval(blocking);
    }
    await until(async () => (await ask("/v1/stock/1", known)).status === 200);
    await until(() => lines.includes("no longer overloaded"));
    for (let i = 0; i < 10; i += 1) expect((await ask("/v1/stock/1")).status).toBe(200);
    expect(lines).toHaveLength(2);
  });

  it("is not one that was late once", async () => {
    const lines = await start({ limits: { eventLoopMs: LATE_MS } });
    for (let i = 0; i < 8; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      if (i === 3) block(2 * LATE_MS);
      expect((await ask("/v1/stock/1")).status).toBe(200);
    }
    expect(lines).toEqual([]);
  });
});

describe("calls under way", () => {
  it("are bounded, and those who are known may still come when strangers may not", async () => {
    const waiting: (() => void)[] = [];
    await start({
      limits: { inFlight: 5 },
      async invoke(call) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return inventoryService(call);
      },
    });
    const answers = Array.from({ length: 4 }, () => ask("/v1/stock/1"));
    await until(() => waiting.length === 4);
    expect((await ask("/v1/stock/1")).body.type).toBe("/problems/overloaded");
    answers.push(ask("/v1/stock/1", known));
    await until(() => waiting.length === 5);
    expect((await ask("/v1/stock/1", known)).body.type).toBe("/problems/overloaded");
    expect((await ask("/readyz")).status).toBe(200);
    for (const finish of waiting) finish();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const after = ask("/v1/stock/1");
    await until(() => waiting.length === 6);
    waiting[5]!();
    expect((await after).status).toBe(200);
  });
});

async function until(holds: () => boolean | Promise<boolean>, ms = 40_000): Promise<void> {
  const endsAt = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error("It did not come true.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
