import { isLoopback } from "../identity/development.ts";
import { identityHook } from "../identity/hook.ts";
import { rateLimits } from "../limits/rates.ts";
import type { GatewayOptions } from "../options.ts";
import type { PendingCalls } from "../pending.ts";
import type { AnyRoute } from "../routes.ts";
import type { Refuse, Stage } from "../stage.ts";
import type { Versions } from "../versions/versions.ts";

/**
 * What every request of a contract's route passes before its input is read, in this order: who asks and with which role,
 * how often, and whether the member is still served.
 */
export function stagesOf(
  options: GatewayOptions,
  calls: PendingCalls,
  versions: Versions,
): (route: AnyRoute, refuse: Refuse) => readonly Stage[] {
  const { identify, trustedProxies = 0 } = options;
  const rates = rateLimits({
    ...options,
    limits: options.rateLimits,
    reachedByOthers: !isLoopback(options.host) || trustedProxies > 0,
    trustedProxies,
  });
  return (route, refuse) => [
    ...(identify === undefined && route.member.access === "public"
      ? []
      : [rates.guardIdentity((no) => identityHook(route, identify, calls, no), refuse)]),
    ...rates.stages(route.member.id, route.member.limit, refuse),
    ...versions.stages(route, refuse),
  ];
}
