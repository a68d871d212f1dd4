import type { Router } from "../call/router.ts";
import type { Clock } from "../clock/clock.ts";
import { releasedRouter, releasesFile, type ReleasedRouter } from "../release/index.ts";
import type { UnitOptions } from "./options.ts";

/** The router of a process in which services may be released. Undefined where nothing ever is: that costs nothing. */
export function releasesOf(
  router: Router,
  { graph, settings, log }: UnitOptions,
  clock: Clock,
): ReleasedRouter | undefined {
  const file = settings["KERF_RELEASES_FILE"] || undefined;
  if (file === undefined) return undefined;
  return releasedRouter({
    router,
    releases: releasesFile(file, [...graph.services.keys()], clock, log),
    clock,
    log,
    stored: (service) => graph.services.get(service)?.definition.needs.database !== undefined,
  });
}
