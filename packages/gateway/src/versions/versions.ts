import { usageByVersion, VersionUsage, type MemberUse } from "@kerf/runtime/versions";
import { describe, type AnyContract, type Log } from "kerf";
import { problem } from "../problems/problem.ts";
import type { AnyRoute } from "../routes.ts";
import type { Refuse, Stage } from "../stage.ts";
import { deprecationHeaders, linkOf } from "./headers.ts";

const dayMs = 24 * 60 * 60_000;

export interface VersionsOptions {
  readonly contracts: readonly AnyContract[];
  readonly routes: readonly AnyRoute[];
  /** What a member of an older version is today, by id. */
  readonly successors?: ReadonlyMap<string, string> | undefined;
  readonly log: Log;
  /** Date.now() milliseconds, for tests. */
  readonly now?: () => number;
}

/** What the gateway says and knows of versions. */
export interface Versions {
  /** None for a route that is neither deprecated nor of a contract with several versions: that costs nothing. */
  stages(route: AnyRoute, refuse: Refuse): readonly Stage[];
  /** Who used which version since the process started. */
  use(): readonly MemberUse[];
  /** Writes the last of it to the log. */
  close(): void;
}

export function servedVersions({
  contracts,
  routes,
  successors,
  log,
  now = Date.now,
}: VersionsOptions): Versions {
  const usage = new VersionUsage();
  const byId = new Map(routes.map((route) => [route.member.id, route]));
  const facts = contracts.map(describe);
  const several = new Set(
    facts
      .filter(({ id, name }) => facts.some((other) => other.name === name && other.id !== id))
      .map(({ id }) => id),
  );
  let tellAt = now() + dayMs;

  function tell(): void {
    tellAt = now() + dayMs;
    if (usage.any)
      log.info({ versions: usageByVersion(usage.read()) }, "who uses which version, since the start");
  }

  return {
    stages(route, refuse) {
      const { member, contract } = route;
      const { deprecated } = member;
      if (deprecated === undefined && !several.has(contract.id)) return [];
      const headers = deprecated && deprecationHeaders(deprecated);
      const link = linkOf(route, byId.get(successors?.get(member.id) ?? ""));
      const goneAt = deprecated?.ends ? deprecated.sunsetAt! : Infinity;
      return [
        (next) => (exchange) => {
          const at = now();
          usage.count(member.id, exchange.actor?.id ?? "nobody known");
          if (at >= tellAt) tell();
          if (headers) exchange.headers.push(...headers);
          if (link)
            exchange.headers.push("link", link(exchange.parameters as Readonly<Record<string, string>>));
          if (at >= goneAt) refuse(exchange, problem("gone"));
          else next(exchange);
        },
      ];
    },
    use: () => usage.read(),
    close: tell,
  };
}
