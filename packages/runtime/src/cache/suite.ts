import { describe, expect, test } from "vitest";
import type { Cache, Entry } from "./cache.ts";

export interface CacheUnderTest {
  readonly cache: Cache;
  /** Lets time pass, for the cache at least. */
  pass(ms: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const entry = (json: string): Entry => ({ at: 1, code: undefined, json });
const tags = ["a@1.q|", 'a@1.q|0|["x"]'];

/** What every cache does. `open` gives one that is empty. */
export function cacheSuite(name: string, open: () => Promise<CacheUnderTest>): void {
  describe(`the cache ${name}`, () => {
    test("finds what was kept, with everything that belongs to it", async () => {
      await using under = await open();
      const { cache } = under;
      const miss = await cache.get("k", tags);
      expect(miss.entry).toBe(undefined);
      await cache.set("k", miss.stamp!, { at: 12, code: "Gone", json: '{"a":"ü\\n"}' }, 60_000);
      const found = await cache.get("k", tags);
      expect(found.entry).toEqual({ at: 12, code: "Gone", json: '{"a":"ü\\n"}' });
      expect(found.stamp).toBe(miss.stamp);
    });

    test("keeps nothing longer than it was told to", async () => {
      await using under = await open();
      const { cache } = under;
      await cache.set("k", (await cache.get("k", tags)).stamp!, entry("1"), 200);
      expect((await cache.get("k", tags)).entry).toEqual(entry("1"));
      await under.pass(220);
      expect((await cache.get("k", tags)).entry).toBe(undefined);
    });

    test("forgets what has a tag that was invalidated, and nothing else", async () => {
      await using under = await open();
      const { cache } = under;
      const others = ["a@1.q|", 'a@1.q|0|["y"]'];
      await cache.set("x", (await cache.get("x", tags)).stamp!, entry("1"), 60_000);
      await cache.set("y", (await cache.get("y", others)).stamp!, entry("2"), 60_000);
      await cache.invalidate([tags[1]!]);
      expect((await cache.get("x", tags)).entry).toBe(undefined);
      expect((await cache.get("y", others)).entry).toEqual(entry("2"));
      await cache.invalidate(["a@1.q|"]);
      expect((await cache.get("y", others)).entry).toBe(undefined);
    });

    test("does not take a value that was loaded before an invalidation for a new one", async () => {
      await using under = await open();
      const { cache } = under;
      const before = await cache.get("k", tags);
      await cache.invalidate([tags[1]!]);
      await cache.set("k", before.stamp!, entry("old"), 60_000);
      const after = await cache.get("k", tags);
      expect(after.entry).toBe(undefined);
      expect(after.stamp).not.toBe(before.stamp);
      await cache.set("k", after.stamp!, entry("new"), 60_000);
      expect((await cache.get("k", tags)).entry).toEqual(entry("new"));
    });

    test("finds no old value behind an invalidation that is not waited for", async () => {
      await using under = await open();
      const { cache } = under;
      await cache.set("k", (await cache.get("k", tags)).stamp!, entry("1"), 60_000);
      void cache.invalidate([tags[0]!]);
      expect((await cache.get("k", tags)).entry).toBe(undefined);
    });

    test("replaces what it has", async () => {
      await using under = await open();
      const { cache } = under;
      const { stamp } = await cache.get("k", tags);
      await cache.set("k", stamp!, entry("1"), 60_000);
      await cache.set("k", stamp!, entry("2"), 60_000);
      expect((await cache.get("k", tags)).entry).toEqual(entry("2"));
    });
  });
}
