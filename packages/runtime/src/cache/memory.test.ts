import { describe, expect, test } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { memoryCache } from "./memory.ts";
import { cacheSuite } from "./suite.ts";
import type { Found } from "./cache.ts";

cacheSuite("in memory", async () => {
  let now = 0;
  const cache = memoryCache({ clock: { ...processClock, now: () => now } });
  return {
    cache,
    pass: async (ms) => void (now += ms),
    [Symbol.asyncDispose]: async () => cache.close(),
  };
});

describe("the cache in memory", () => {
  const keep = (cache: ReturnType<typeof memoryCache>, key: string, json: string): void => {
    const { stamp } = cache.get(key, []) as Found;
    void cache.set(key, stamp!, { at: 1, code: undefined, json }, 60_000);
  };
  const has = (cache: ReturnType<typeof memoryCache>, key: string): boolean =>
    (cache.get(key, []) as Found).entry !== undefined;

  test("lets the least recently used go when it is full", () => {
    const cache = memoryCache({ clock: processClock, mostEntries: 3 });
    for (const key of ["a", "b", "c"]) keep(cache, key, "1");
    expect(has(cache, "a")).toBe(true);
    keep(cache, "d", "1");
    expect(["a", "b", "c", "d"].filter((key) => has(cache, key))).toEqual(["a", "c", "d"]);
  });

  test("holds no more than its bytes, and no answer that is most of them", () => {
    const cache = memoryCache({ clock: processClock, mostBytes: 100_000 });
    for (let i = 0; i < 1_000; i++) keep(cache, `k${i}`, "x".repeat(1_000));
    expect(cache.size().bytes).toBeLessThanOrEqual(100_000);
    expect(cache.size().entries).toBeGreaterThan(30);
    keep(cache, "large", "x".repeat(20_000));
    expect(has(cache, "large")).toBe(false);
    expect(has(cache, "k999")).toBe(true);
    cache.close();
    expect(cache.size()).toEqual({ entries: 0, bytes: 0 });
  });

  test("forgets everything rather than mixing up which tags were invalidated", () => {
    const cache = memoryCache({ clock: processClock, mostTags: 2 });
    const before = cache.get("k", ["t1"]) as Found;
    for (const tag of ["t1", "t2", "t3"]) void cache.invalidate([tag]);
    void cache.set("k", before.stamp!, { at: 1, code: undefined, json: "old" }, 60_000);
    expect((cache.get("k", ["t1"]) as Found).entry).toBe(undefined);
  });
});
