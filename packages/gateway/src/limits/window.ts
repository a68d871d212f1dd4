import type { RedisClient } from "@kerf/runtime/redis";
import type { Quota } from "kerf";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

/** Callers that one window counts apart. More come only with an attack, and are then counted together. */
const CALLERS_APART = 50_000;
const TOGETHER = "others";

/** What a window says of one more request. */
export interface Count {
  readonly exceeded: boolean;
  readonly remaining: number;
  /** Until the caller's window ends. */
  readonly resetMs: number;
}

/** Counts the requests of each caller within a fixed window, which begins with the caller's first. */
export type Counter = (caller: string) => Promise<Count>;

/** Counts in this process, in bounded memory. */
export function countInMemory({ count, seconds }: Quota, callersApart = CALLERS_APART): Counter {
  const limiter = new RateLimiterMemory({ points: count, duration: seconds, keyPrefix: "" });
  let since = 0;
  let newcomers = 0;

  return async (caller) => {
    const now = Date.now();
    if (now - since >= seconds * 1_000) {
      since = now;
      newcomers = 0;
    }
    const full = newcomers >= callersApart && (await limiter.get(caller)) === null;
    const found = await consume(limiter, full ? TOGETHER : caller);
    if (found.isFirstInDuration) newcomers += 1;
    return countOf(found, count);
  };
}

/**
 * Counts in Redis, for all gateways together.
 * @param prefix of its keys: the same in all of them
 */
export function countInRedis({ count, seconds }: Quota, client: RedisClient, prefix: string): Counter {
  const limiter = new RateLimiterRedis({
    storeClient: client,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    points: count,
    duration: seconds,
    keyPrefix: prefix,
    // Who is over it needs no asking until the window ends.
    inMemoryBlockOnConsumed: count + 1,
  });
  return async (caller) => countOf(await consume(limiter, caller), count);
}

async function consume(
  limiter: RateLimiterMemory | RateLimiterRedis,
  caller: string,
): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(caller);
  } catch (refused) {
    // The library rejects with its answer where the limit is exceeded, and with errors where the store fails.
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
}

function countOf({ consumedPoints, remainingPoints, msBeforeNext }: RateLimiterRes, count: number): Count {
  // A block that is held in memory does not say how many were consumed.
  const exceeded = consumedPoints > count || (consumedPoints === 0 && remainingPoints === 0);
  return { exceeded, remaining: remainingPoints, resetMs: msBeforeNext };
}
