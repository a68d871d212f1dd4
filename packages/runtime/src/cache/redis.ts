import { hash, randomUUID } from "node:crypto";
import { within } from "../data/within.ts";
import type { Redis } from "../redis/index.ts";
import type { Cache, Entry, Found, Release } from "./cache.ts";

export interface RedisCacheOptions {
  readonly redis: Redis;
  /** Begins every key: applications that share a server do not meet. */
  readonly app: string;
  /** What a command may take before the answer is made without the cache. Default 100 ms. */
  readonly withinMs?: number;
}

/** Generations live for a day: one that is gone is replaced by another, and what was kept under it is old. */
const GENERATION_MS = 86_400_000;
/** Invalidations that wait for Redis to be there; more become those of all queries that they are of. */
const MOST_PENDING = 10_000;
/** After a command that took too long, for so long no other is tried. */
const REST_MS = 1_000;
/** Deletes a lock only where it is still one's own. */
const UNLOCK = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0';

const NOTHING: Found = { entry: undefined, stamp: undefined };

/**
 * A cache in Redis, which all processes share. Each tag has a generation, a random text; an entry is kept with those of its
 * tags and counts only while they are the same. So a value that was loaded before an invalidation is old whenever it is
 * stored, and a generation that Redis evicts makes entries old, never new.
 */
export function redisCache(options: RedisCacheOptions): Cache {
  const { redis, app, withinMs = 100 } = options;
  const prefix = `kerf:${app}:cache:`;
  const keyOf = (key: string): string => `${prefix}e:${key}`;
  const tagKey = (tag: string): string => `${prefix}g:${hash("sha256", tag, "base64url")}`;
  /** What Redis could not be told. While there is any, nothing of it is believed. */
  const pending = new Set<string>();
  let restUntil = 0;

  const usable = (): boolean => redis.ready() && performance.now() >= restUntil;

  /** What `command` gives; undefined where it fails or takes too long. */
  async function ask<T>(command: Promise<T>): Promise<{ readonly reply: T } | undefined> {
    const reply = await within(
      withinMs,
      command.then(
        (value) => ({ reply: value }),
        () => "failed" as const,
      ),
    );
    if (reply === undefined) restUntil = performance.now() + REST_MS;
    return reply === "failed" ? undefined : reply;
  }

  function look(key: string, tags: readonly string[]): Promise<(string | null)[] | undefined> {
    const keys = [keyOf(key), ...tags.map(tagKey)];
    return ask(redis.client.mGet(keys)).then((found) => found?.reply);
  }

  function setGeneration(tag: string): Promise<unknown> {
    const expiration = { type: "PX", value: GENERATION_MS } as const;
    return ask(redis.client.set(tagKey(tag), randomUUID(), { condition: "NX", expiration }));
  }

  /** Resolves once Redis knows, or it is remembered that it does not. Not within a limit: it must be known which. */
  async function tell(tags: readonly string[]): Promise<void> {
    if (tags.length === 0) return;
    const expiration = { type: "PX", value: GENERATION_MS } as const;
    try {
      const multi = redis.client.multi();
      for (const tag of tags) multi.set(tagKey(tag), randomUUID(), { expiration });
      await multi.exec();
    } catch {
      const wide = pending.size + tags.length > MOST_PENDING;
      const kept = wide ? [...pending, ...tags].map(queryTag) : tags;
      if (wide) pending.clear();
      for (const tag of kept) pending.add(tag);
    }
  }

  async function tellPending(): Promise<void> {
    const tags = [...pending];
    pending.clear();
    await tell(tags);
  }

  const stopWatching = redis.onConnect(() => void tellPending());

  return {
    async get(key, tags): Promise<Found> {
      if (!usable()) return NOTHING;
      if (pending.size > 0) void tellPending();
      let found = await look(key, tags);
      if (found?.includes(null, 1)) {
        await Promise.all(tags.map((tag, at) => found![at + 1] === null && setGeneration(tag)));
        found = await look(key, tags);
      }
      // Commands go out in order. One that failed before this look is pending again by now.
      if (found === undefined || found.includes(null, 1) || pending.size > 0) return NOTHING;
      const stamp = found.slice(1).join(".");
      return { entry: decode(found[0]!, stamp), stamp };
    },

    async set(key, stamp, entry, keepMs): Promise<void> {
      if (!usable()) return;
      await ask(
        redis.client.set(keyOf(key), encode(entry, stamp), {
          expiration: { type: "PX", value: Math.max(1, Math.ceil(keepMs)) },
        }),
      );
    },

    invalidate: tell,

    async claim(key, ms): Promise<Release | undefined> {
      const mine = randomUUID();
      const lock = `${keyOf(key)}:lock`;
      const taken = usable()
        ? await ask(redis.client.set(lock, mine, { condition: "NX", expiration: { type: "PX", value: ms } }))
        : undefined;
      // Out of reach: whoever asks loads by itself.
      if (taken === undefined) return async () => {};
      if (taken.reply === null) return undefined;
      return async () => void (await ask(redis.client.eval(UNLOCK, { keys: [lock], arguments: [mine] })));
    },

    size: () => ({ entries: 0, bytes: 0 }),

    close: stopWatching,
  };
}

/** The tag of all answers of a query, with which the others of it begin. */
function queryTag(tag: string): string {
  return tag.slice(0, tag.indexOf("|") + 1);
}

function encode({ at, code, json }: Entry, stamp: string): string {
  return `${stamp}\n${at}\n${code ?? ""}\n${json}`;
}

function decode(text: string | null, stamp: string): Entry | undefined {
  if (text === null || !text.startsWith(`${stamp}\n`)) return undefined;
  const [, at, code, json] = /^[^\n]*\n(\d+)\n([^\n]*)\n([^]*)$/.exec(text) ?? [];
  if (at === undefined || json === undefined) return undefined;
  return { at: Number(at), code: code === "" ? undefined : code, json };
}
