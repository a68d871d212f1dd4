export type { RedisClient } from "./client.ts";
export { openRedis, type Redis, type RedisOptions } from "./redis.ts";
