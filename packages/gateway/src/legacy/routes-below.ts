import type { LegacySettings } from "kerf";
import type { AnyRoute } from "../routes.ts";
import { readLegacy } from "./settings.ts";

/**
 * The routes of contracts, and once more those that take over paths of an existing application: `/v1/books/:isbn` is
 * `/api/books/:isbn` too, where `contractsBelow` says `{ "/api": 1 }`.
 */
export function withRoutesBelow<R extends AnyRoute>(
  routes: readonly R[],
  settings: LegacySettings | undefined,
): readonly R[] {
  if (settings === undefined) return routes;
  const more = [...readLegacy(settings).contractsBelow].flatMap(([prefix, version]) =>
    routes
      .filter((route) => route.contract.version === version)
      .map((route) => ({
        ...route,
        below: true,
        path: prefix + route.path.slice(`/v${version}`.length) || "/",
      })),
  );
  return [...routes, ...more];
}
