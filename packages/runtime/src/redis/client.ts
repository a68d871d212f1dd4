import type { createClient } from "redis";

/** As node-redis has it. Its commands reject at once while there is no connection: none waits for one. */
export type RedisClient = ReturnType<typeof createClient>;
