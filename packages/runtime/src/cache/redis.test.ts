import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openRedis, type Redis } from "../redis/index.ts";
import { testRedis, withoutRedis, type TestRedis } from "../redis/testing.ts";
import { redisCache } from "./redis.ts";
import { cacheSuite } from "./suite.ts";

const until = (is: () => boolean | Promise<boolean>) => vi.waitUntil(is, { timeout: 10_000, interval: 10 });

const log = pino({ enabled: false });
const reconnect = { firstMs: 20, factor: 1.6, jitter: 0.2, mostMs: 100 };
const entry = { at: 1, code: undefined, json: "1" };
const tags = ["a@1.q|"];

describe.skipIf(withoutRedis)("with a server", () => {
  let server: TestRedis;
  let count = 0;
  beforeAll(async () => {
    server = await testRedis();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  const connect = (): Promise<Redis> => openRedis({ url: server.url, log, reconnect });

  cacheSuite("in Redis", async () => {
    const redis = await connect();
    const cache = redisCache({ redis, app: `t${count++}` });
    return {
      cache,
      pass: (ms) => sleep(ms),
      async [Symbol.asyncDispose]() {
        cache.close();
        await redis.close();
      },
    };
  });

  describe("the cache in Redis", () => {
    test("is that of all processes of an application, and of no other", async () => {
      const [one, two] = await Promise.all([connect(), connect()]);
      const app = `t${count++}`;
      const a = redisCache({ redis: one, app });
      const b = redisCache({ redis: two, app });
      const c = redisCache({ redis: two, app: `t${count++}` });
      await a.set("k", (await a.get("k", tags)).stamp!, entry, 60_000);
      expect((await b.get("k", tags)).entry).toEqual(entry);
      expect((await c.get("k", tags)).entry).toBe(undefined);
      const loading = await b.get("k", tags);
      await a.invalidate(tags);
      await b.set("k", loading.stamp!, entry, 60_000);
      expect((await b.get("k", tags)).entry).toBe(undefined);
      expect((await a.get("k", tags)).entry).toBe(undefined);
      await Promise.all([one.close(), two.close()]);
    });

    test("lets one process at a time load, for so long only", async () => {
      const redis = await connect();
      const app = `t${count++}`;
      const a = redisCache({ redis, app });
      const release = await a.claim!("k", 10_000);
      expect(release).toBeDefined();
      expect(await a.claim!("k", 10_000)).toBe(undefined);
      await release!();
      expect(await a.claim!("k", 100)).toBeDefined();
      await sleep(150);
      expect(await a.claim!("k", 100)).toBeDefined();
      // Its time is over: it must not take the lock of the next one away.
      await release!();
      expect(await a.claim!("k", 100)).toBe(undefined);
      await redis.close();
    });

    test("does without Redis while it is gone or silent, and believes nothing that it could not tell it of", async () => {
      const redis = await connect();
      const cache = redisCache({ redis, app: `t${count++}` });
      await cache.set("k", (await cache.get("k", tags)).stamp!, entry, 60_000);

      server.freeze();
      const from = performance.now();
      const told = cache.invalidate(tags);
      expect(await cache.get("k", tags)).toEqual({ entry: undefined, stamp: undefined });
      expect(performance.now() - from).toBeLessThan(1_000);
      // The connection is given up; what the server holds is not lost by that.
      await told;
      expect(redis.ready()).toBe(false);
      server.thaw();
      await until(() => redis.ready());
      await until(async () => (await cache.get("k", tags)).stamp !== undefined);
      expect((await cache.get("k", tags)).entry).toBe(undefined);

      await server.kill();
      await cache.invalidate(tags);
      expect(await cache.get("k", tags)).toEqual({ entry: undefined, stamp: undefined });
      await cache.set("k", "s", entry, 60_000);
      expect(await cache.claim!("k", 100)).toBeDefined();
      await server.start();
      await until(async () => (await cache.get("k", tags)).stamp !== undefined);
      await redis.close();
    });

    test("takes a generation that Redis forgot for a new one", async () => {
      const redis = await connect();
      const app = `t${count++}`;
      const cache = redisCache({ redis, app });
      await cache.set("k", (await cache.get("k", tags)).stamp!, entry, 60_000);
      const generations = await redis.client.keys(`kerf:${app}:cache:g:*`);
      expect(generations).toHaveLength(1);
      await redis.client.del(generations);
      expect((await cache.get("k", tags)).entry).toBe(undefined);
      await redis.close();
    });
  });
});
