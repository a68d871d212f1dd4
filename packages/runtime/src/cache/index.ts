export { ageOf } from "./age.ts";
export type { Cache, CacheSize, Entry, Found, Release } from "./cache.ts";
export { Caching, type Load, type Stated } from "./caching.ts";
export type { CacheCounts, CacheStatus } from "./counts.ts";
export { memoryCache, type MemoryCacheOptions } from "./memory.ts";
export { tagsOf } from "./tags.ts";
export { redisCache, type RedisCacheOptions } from "./redis.ts";
