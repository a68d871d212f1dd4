import type { ServiceDefinition } from "kerf";
import { Caching, memoryCache, redisCache } from "../cache/index.ts";
import type { Clock } from "../clock/clock.ts";
import type { UnitOptions } from "./options.ts";

/** The caches of the services of a unit, where any of them has one. */
export function cachingOf(
  { graph, log, redis, invalidated }: UnitOptions,
  definitions: readonly ServiceDefinition[],
  clock: Clock,
): Caching | undefined {
  return Caching.of({
    definitions,
    clock,
    log,
    store: redis ? "redis" : "memory",
    cache: () => (redis ? redisCache({ redis, app: graph.app.name }) : memoryCache({ clock })),
    changed: invalidated,
  });
}
