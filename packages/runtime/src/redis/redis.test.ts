import { pino, type Logger } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openRedis, type Redis } from "./index.ts";
import { testRedis, withoutRedis, type TestRedis } from "./testing.ts";

const until = (is: () => boolean | Promise<boolean>) => vi.waitUntil(is, { timeout: 10_000, interval: 10 });

const soon = { firstMs: 20, factor: 1.6, jitter: 0.2, mostMs: 100 };

describe.skipIf(withoutRedis)("the connection to Redis", () => {
  let server: TestRedis;
  const password = "hard-to-guess";
  beforeAll(async () => {
    server = await testRedis({ password });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  async function open(lines: string[] = []): Promise<Redis & AsyncDisposable> {
    const redis = await openRedis({ url: server.url, log: logInto(lines), reconnect: soon });
    return Object.assign(redis, { [Symbol.asyncDispose]: () => redis.close() });
  }

  test("carries commands and what is published", async () => {
    await using redis = await open();
    await redis.client.set("a", "1");
    expect(await redis.client.get("a")).toBe("1");
    const got: string[] = [];
    const stop = redis.subscribe("news", (message) => got.push(message));
    await until(async () => (await redis.client.publish("news", "hello")) > 0);
    await until(() => got.includes("hello"));
    stop();
    await until(async () => (await redis.client.publish("news", "nobody")) === 0);
  });

  test("fails at once while it is gone, comes back with its subscriptions, tells each once", async () => {
    const lines: string[] = [];
    await using redis = await open(lines);
    const got: string[] = [];
    let connects = 0;
    redis.onConnect(() => connects++);
    redis.subscribe("news", (message) => got.push(message));
    await server.kill();
    await until(() => !redis.ready());
    const from = performance.now();
    await expect(redis.client.get("a")).rejects.toThrow();
    expect(performance.now() - from).toBeLessThan(100);
    redis.subscribe("late", (message) => got.push(message));
    // Several tries fail before it is there again.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await server.start();
    await until(() => redis.ready());
    await until(async () => (await redis.client.publish("news", "again")) > 0);
    await until(async () => (await redis.client.publish("late", "too")) > 0);
    await until(() => got.includes("again") && got.includes("too"));
    expect(connects).toBe(2);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      "Redis cannot be reached; trying on",
      "Redis is there again",
    ]);
    expect(lines.join()).not.toContain(password);
  });

  test("ends a connection that is silent, so that its commands do not hang", async () => {
    await using redis = await open();
    server.freeze();
    const from = performance.now();
    try {
      await expect(redis.client.get("a")).rejects.toThrow();
      expect(performance.now() - from).toBeLessThan(6_000);
      expect(redis.ready()).toBe(false);
    } finally {
      server.thaw();
    }
    await until(() => redis.ready());
  });

  test("starts without a server, and closes at once", async () => {
    const lines: string[] = [];
    const redis = await openRedis({ url: "redis://:secret@127.0.0.1:1", log: logInto(lines) });
    expect(redis.ready()).toBe(false);
    await expect(redis.client.get("a")).rejects.toThrow();
    const from = performance.now();
    await redis.close();
    expect(performance.now() - from).toBeLessThan(500);
    expect(lines.join()).toContain("127.0.0.1:1");
    expect(lines.join()).not.toContain("secret");
  });

  test("says a wrong password without saying it", async () => {
    const lines: string[] = [];
    const url = `redis://:not-the-one@127.0.0.1:${server.port}`;
    const redis = await openRedis({ url, log: logInto(lines), reconnect: soon });
    expect(redis.ready()).toBe(false);
    expect(lines.join()).toContain("WRONGPASS");
    expect(lines.join()).not.toContain("not-the-one");
    await redis.close();
  });

  test("refuses what is no URL of Redis", async () => {
    const log = logInto([]);
    await expect(openRedis({ url: "https://:secret@x", log })).rejects.toThrow(/no URL of Redis/);
    await expect(openRedis({ url: "secret", log })).rejects.toThrow(/^(?!.*secret)/);
  });
});

function logInto(lines: string[]): Logger {
  return pino({}, { write: (line: string) => void lines.push(line) });
}
