export { openRedis, type Redis, type RedisClient, type RedisOptions } from "./redis.ts";
