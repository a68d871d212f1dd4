/** An answer as it is kept: JSON text, so that nobody who is given it can change it for others. */
export interface Entry {
  /** When it was made: Date.now() milliseconds. */
  readonly at: number;
  /** The code of the declared error that it is; undefined for a reply. */
  readonly code: string | undefined;
  readonly json: string;
}

/** What a look finds. */
export interface Found {
  /** Undefined where nothing is kept, or one of its tags was invalidated since the stamp that it was kept with. */
  readonly entry: Entry | undefined;
  /**
   * The generations of the tags at the time of the look. What is loaded after it is kept with it, so that it counts as old
   * where a tag was invalidated during the load. Undefined where the cache cannot be relied on now: keep nothing then.
   */
  readonly stamp: string | undefined;
}

export interface CacheSize {
  readonly entries: number;
  readonly bytes: number;
}

/** Who does not see `undefined` from {@link Cache.claim} calls it when done. */
export type Release = () => Promise<void>;

/**
 * Keeps answers for a while, never longer than that, and may forget any of them at any time. Nothing here rejects: a cache
 * that is out of reach finds nothing and keeps nothing.
 */
export interface Cache {
  /** Looks for what is kept under `key`. `tags` are always the same for one key. */
  get(key: string, tags: readonly string[]): Found | Promise<Found>;
  /** Keeps `entry` for `keepMs`, with the stamp that a look before its load gave. */
  set(key: string, stamp: string, entry: Entry, keepMs: number): void | Promise<void>;
  /**
   * What was kept under these tags, or is loading now, is not found by a look that begins after this in the same process; by
   * those of others that share the cache, once it resolves. Repeating it is harmless.
   */
  invalidate(tags: readonly string[]): void | Promise<void>;
  /** Where several processes share it: takes the right to load `key` for at most `ms`; undefined where another has it. */
  claim?(key: string, ms: number): Promise<Release | undefined>;
  /** Of what this process holds in its own memory. */
  size(): CacheSize;
  close(): void;
}
