import type { Clock } from "../clock/clock.ts";
import type { Cache, CacheSize, Entry, Found } from "./cache.ts";

export interface MemoryCacheOptions {
  readonly clock: Clock;
  /** Default 64 MiB. */
  readonly mostBytes?: number;
  /** Default 50,000. */
  readonly mostEntries?: number;
  /** How many tags that were invalidated are told apart. Default 100,000. */
  readonly mostTags?: number;
}

interface Kept {
  readonly entry: Entry;
  readonly stamp: string;
  readonly until: number;
  readonly bytes: number;
}

/** What a map, a string and an object cost beside the text. */
const OVERHEAD_BYTES = 300;
/** No single answer may drive out more than this share of the others. */
const LARGEST_SHARE = 1 / 8;

/** A cache in the memory of this process: the least recently used goes first. */
export function memoryCache(options: MemoryCacheOptions): Cache {
  const { clock, mostBytes = 64 * 2 ** 20, mostEntries = 50_000, mostTags = 100_000 } = options;
  /** In the order of their last use: a map keeps the order of insertion. */
  const entries = new Map<string, Kept>();
  const generations = new Map<string, number>();
  let bytes = 0;
  let last = 0;
  /** Part of every stamp. Grows when the generations are forgotten, and with it everything is old. */
  let epoch = 0;

  function stampOf(tags: readonly string[]): string {
    let stamp = String(epoch);
    for (const tag of tags) stamp += `.${generations.get(tag) ?? 0}`;
    return stamp;
  }

  function drop(key: string, kept: Kept): void {
    entries.delete(key);
    bytes -= kept.bytes;
  }

  return {
    get(key, tags): Found {
      const stamp = stampOf(tags);
      const kept = entries.get(key);
      if (kept === undefined) return { entry: undefined, stamp };
      if (kept.stamp !== stamp || kept.until <= clock.now()) {
        drop(key, kept);
        return { entry: undefined, stamp };
      }
      entries.delete(key);
      entries.set(key, kept);
      return { entry: kept.entry, stamp };
    },

    set(key, stamp, entry, keepMs): void {
      const before = entries.get(key);
      if (before) drop(key, before);
      const cost = 2 * (key.length + entry.json.length) + OVERHEAD_BYTES;
      if (cost > mostBytes * LARGEST_SHARE) return;
      entries.set(key, { entry, stamp, until: clock.now() + keepMs, bytes: cost });
      bytes += cost;
      for (const [oldest, kept] of entries) {
        if (bytes <= mostBytes && entries.size <= mostEntries) break;
        drop(oldest, kept);
      }
    },

    invalidate(tags): void {
      if (generations.size + tags.length > mostTags) {
        generations.clear();
        entries.clear();
        bytes = 0;
        epoch++;
      }
      for (const tag of tags) generations.set(tag, ++last);
    },

    size: (): CacheSize => ({ entries: entries.size, bytes }),

    close(): void {
      entries.clear();
      generations.clear();
      bytes = 0;
      epoch++;
    },
  };
}
